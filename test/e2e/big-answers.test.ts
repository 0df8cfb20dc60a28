// What one plain answer holds: up to 12 MiB of stored parts, and addresses for the rest (D9).

import { randomUUID } from 'node:crypto';
import { getTask, listTasks, messageFor, send } from '../harness/calls';
import { untilAnswer } from '../harness/eventually';
import { useStack } from '../harness/stack';
import type { WirePart, WireTask } from '../harness/wire';

const stack = useStack();

const partsOf = (task: WireTask): readonly WirePart[] =>
  (task.artifacts ?? []).flatMap(({ parts }) => parts);

async function bytesAt(url: string | undefined): Promise<number> {
  const response = await fetch(url!);
  expect(response.status).toBe(200);
  return (await response.arrayBuffer()).byteLength;
}

test('an artifact of 20 MB is given by its address', async () => {
  const { id } = await send(stack.url, messageFor('big', { bytes: 20_000_000 }));
  const [part, ...others] = partsOf(await getTask(stack.url, id));
  expect(others).toEqual([]);
  expect(part).toMatchObject({ mediaType: 'text/plain' });
  expect(part!.text).toBeUndefined();
  expect(await bytesAt(part!.url)).toBe(20_000_000);
});

test('a page of tasks holds as much as one task', async () => {
  const contextId = randomUUID();
  for (let i = 0; i < 3; i += 1) {
    await send(stack.url, messageFor('big', { bytes: 5_000_000 }, { contextId }));
  }
  const page = await untilAnswer(
    'all three are listed',
    () => listTasks(stack.url, { contextId, includeArtifacts: true }),
    ({ tasks }) => tasks.length === 3,
  );
  const parts = page.tasks.flatMap(partsOf);
  expect(parts.map(({ text, url }) => [text?.length, typeof url])).toEqual([
    [5_000_000, 'undefined'],
    [5_000_000, 'undefined'],
    [undefined, 'string'],
  ]);
  expect(await bytesAt(parts[2]!.url)).toBe(5_000_000);
});
