// A stack whose assistant talks to an endpoint of the test's own.

import { ModelEndpoint } from './model-endpoint';
import { useStack, type Stack } from './stack';

/** No word of it may leave the worker but in the header that it is for. */
export const API_KEY = 'sk-test-0123456789';

interface AssistantStack {
  readonly stack: Stack;
  /** There from the first test on. */
  readonly endpoint: () => ModelEndpoint;
}

/** @param more settings of gateway and worker. */
export function useAssistantStack(more: Readonly<Record<string, string>> = {}): AssistantStack {
  let endpoint: ModelEndpoint | undefined;
  // Filled in before the processes start, which read it then.
  const env: Record<string, string> = { ...more };
  beforeAll(async () => {
    endpoint = await ModelEndpoint.start();
    env['ASSISTANT_BASE_URL'] = endpoint.url;
    env['ASSISTANT_MODEL'] = 'stub-1';
    env['ASSISTANT_API_KEY'] = API_KEY;
  });
  const stack = useStack({ env });
  afterAll(() => endpoint?.close());
  return {
    stack,
    endpoint: () => {
      if (endpoint === undefined) throw new Error('the endpoint is not running');
      return endpoint;
    },
  };
}
