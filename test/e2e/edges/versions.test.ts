// Which version of the protocol a request speaks (A2A §3.6): the header, or else the query parameter.

import { envelope, messageFor, send, type Headings } from '../../harness/calls';
import { useStack } from '../../harness/stack';

const stack = useStack();

interface Said {
  readonly result?: { readonly kind?: string; readonly id?: string };
  readonly error?: { readonly code: number };
}

let id: string;

beforeAll(async () => {
  ({ id } = await send(stack.url, messageFor('echo')));
});

/** 0.3 writes `kind` on a task; a method of the other generation is unknown. */
async function overRpc(method: string, version: { header?: string; query?: string }) {
  const query = version.query === undefined ? '' : `?A2A-Version=${version.query}`;
  const headers: Headings = version.header === undefined ? {} : { 'A2A-Version': version.header };
  const response = await fetch(`${stack.url}/${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(envelope(method, { id })),
  });
  return (await response.json()) as Said;
}

async function overRest(path: string, version: { header?: string; query?: string }) {
  const query = version.query === undefined ? '' : `?A2A-Version=${version.query}`;
  const headers: Headings = version.header === undefined ? {} : { 'A2A-Version': version.header };
  const response = await fetch(stack.url + path + query, { headers });
  const body = (await response.json()) as Said['result'] & { readonly artifacts?: unknown };
  return { status: response.status, id: body.id };
}

const V1 = [
  { header: '1.0' },
  { query: '1.0' },
  { header: '1.0.9' },
  { query: '1.0.9' },
  { header: '1.0', query: '0.3' },
  { header: '1.0', query: '9.9' },
] as const;

const V03 = [
  {},
  { header: '' },
  { query: '' },
  { header: '0.3' },
  { query: '0.3' },
  { header: '0.3.0' },
  { header: '0.3', query: '1.0' },
] as const;

const UNKNOWN = [
  { header: '9.9' },
  { query: '9.9' },
  { header: '9.9', query: '1.0' },
  { header: '1' },
  { query: '1.0.x' },
] as const;

describe('JSON-RPC', () => {
  test.each(V1)('speaks 1.0 to %j', async (version) => {
    const { result } = await overRpc('GetTask', version);
    expect(result).toMatchObject({ id });
    expect(result).not.toHaveProperty('kind');
  });

  test.each(V03)('speaks 0.3 to %j', async (version) => {
    expect((await overRpc('tasks/get', version)).result).toMatchObject({ id, kind: 'task' });
    expect((await overRpc('GetTask', version)).error?.code).toBe(-32601);
  });

  test.each(UNKNOWN)('refuses %j', async (version) => {
    expect((await overRpc('GetTask', version)).error?.code).toBe(-32009);
  });
});

describe('REST', () => {
  test.each(V1)('speaks 1.0 to %j, where /v1 is a tenant', async (version) => {
    expect(await overRest(`/tasks/${id}`, version)).toEqual({ status: 200, id });
    expect(await overRest(`/v1/tasks/${id}`, version)).toMatchObject({ status: 404 });
  });

  test.each(V03)('speaks 0.3 to %j under /v1', async (version) => {
    expect(await overRest(`/v1/tasks/${id}`, version)).toEqual({ status: 200, id });
  });

  test.each(UNKNOWN)('refuses %j', async (version) => {
    for (const path of [`/tasks/${id}`, `/v1/tasks/${id}`]) {
      expect(await overRest(path, version)).toMatchObject({ status: 400 });
    }
  });
});
