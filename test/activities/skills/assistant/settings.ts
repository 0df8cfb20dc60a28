// The assistant's settings as tests want them, without an endpoint.

import type { AssistantSettings } from '../../../../src/activities/skills/assistant';

export function settings(more: Partial<AssistantSettings> = {}): AssistantSettings {
  return {
    baseUrl: 'http://127.0.0.1:1/v1',
    model: 'test',
    apiKey: undefined,
    instructions: undefined,
    maxIterations: 10,
    takesImages: false,
    silenceMs: 5_000,
    ...more,
  };
}
