// Which media types a skill's input modes cover, and what a refusal says.

import { assertContentTypes } from '../../src/api/content-types';
import { TaskError, TaskErrorReason } from '../../src/temporal/task-error';

function isTaken(mediaType: string | undefined, ...inputModes: readonly string[]): boolean {
  const part = { text: 'x', ...(mediaType === undefined ? {} : { mediaType }) };
  try {
    assertContentTypes([part], { skillId: 'picky', inputModes });
    return true;
  } catch (err) {
    if (err instanceof TaskError && err.reason === TaskErrorReason.contentType) return false;
    throw err;
  }
}

test.each([
  ['text/plain', 'text/plain'],
  ['text/csv', 'text/plain', 'text/csv'],
  ['Text/PLAIN; charset=utf-8', 'text/plain'],
  ['text/plain', 'TEXT/plain; charset=utf-8'],
  [' text/plain ', 'text/plain'],
  ['text/markdown', 'text/*'],
  ['image/png', '*/*'],
  ['image/png', '*'],
  ['text/markdown', 'text'],
])('%j is covered by %j', (mediaType, ...modes) => {
  expect(isTaken(mediaType, ...modes)).toBe(true);
});

test.each([
  ['image/png', 'text/plain', 'text/*'],
  ['text/plainer', 'text/plain'],
  ['application/vnd.api+json', 'application/json'],
  ['nonsense', 'text/plain'],
  ['textual/plain', 'text'],
])('%j is not covered by %j', (mediaType, ...modes) => {
  expect(isTaken(mediaType, ...modes)).toBe(false);
});

test('a part without a media type passes, and so does anything where no modes are declared', () => {
  expect(isTaken(undefined, 'image/png')).toBe(true);
  expect(isTaken('', 'image/png')).toBe(true);
  expect(isTaken('image/png')).toBe(true);
  expect(() => {
    assertContentTypes([{ text: 'x', mediaType: 'a/b' }], { skillId: 'any' });
  }).not.toThrow();
});

test('the refusal names the part, the type and what is taken', () => {
  const parts = [{ text: 'a' }, { raw: 'YQ==', mediaType: 'application/x-thing' }];
  expect(() => {
    assertContentTypes(parts, { skillId: 'picky', inputModes: ['image/*', 'text/csv'] });
  }).toThrow(
    'message.parts[1].mediaType: the skill "picky" does not take "application/x-thing"; it takes image/*, text/csv',
  );
});
