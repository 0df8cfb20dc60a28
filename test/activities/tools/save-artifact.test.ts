// `save_artifact` over a recording context: which part the content becomes, and what is refused.

import { fakeContext } from '../fake-context';

async function save(args: unknown) {
  const { ctx, recorded } = fakeContext({ parts: [{ text: 'please' }] });
  const answer = await ctx.tools.call('save_artifact', args);
  return { answer, artifacts: [...recorded.artifacts.values()] };
}

test('the model is told the id of what it saved', async () => {
  const { answer, artifacts } = await save({
    name: 'Data Analysis Report',
    content: '# Report',
    content_type: 'text/markdown',
    description: 'Comprehensive analysis of the provided dataset',
  });
  expect(answer).toEqual({
    text: 'Saved "Data Analysis Report" as artifact artifact-1.',
    isError: false,
  });
  expect(artifacts).toEqual([
    {
      artifactId: 'artifact-1',
      name: 'Data Analysis Report',
      description: 'Comprehensive analysis of the provided dataset',
      parts: [{ text: '# Report', mediaType: 'text/markdown' }],
    },
  ]);
});

describe('content becomes', () => {
  test.each([
    { name: 'text', content: 'x', type: undefined, part: { text: 'x' } },
    { name: 'text with its type', content: 'a,b', type: 'text/csv', part: { text: 'a,b' } },
    {
      name: 'data, where JSON parses',
      content: '{"a":[1,null]}',
      type: 'application/json',
      part: { data: { a: [1, null] } },
    },
    { name: 'data that is null', content: 'null', type: 'application/json', part: { data: null } },
    {
      name: 'data of a type with the suffix +json',
      content: '[]',
      type: 'application/ld+json; charset=utf-8',
      part: { data: [] },
    },
    {
      name: 'text, where JSON does not parse',
      content: '{"a":',
      type: 'application/json',
      part: { text: '{"a":' },
    },
    {
      name: 'text of a drawing',
      content: '<svg/>',
      type: 'image/svg+xml',
      part: { text: '<svg/>' },
    },
    {
      name: 'text of a type that is nobody knows what',
      content: 'graph TD',
      type: 'application/vnd.mermaid',
      part: { text: 'graph TD' },
    },
    { name: 'a file from base64', content: 'AQ\nID', type: 'image/png', part: { raw: 'AQID' } },
  ])('$name', async ({ content, type, part }) => {
    const { answer, artifacts } = await save({ name: 'n', content, content_type: type });
    expect(answer.isError).toBe(false);
    const mediaType = type === undefined ? {} : { mediaType: type };
    expect(artifacts[0]?.parts).toEqual([{ ...part, ...mediaType }]);
  });
});

describe('a call that is refused names the field', () => {
  test.each([
    { args: { content: 'x' }, text: 'name: must be a string' },
    { args: { name: '', content: 'x' }, text: 'name: must not be empty' },
    { args: { name: 'n' }, text: 'content: must be a string' },
    { args: { name: 'n', content: { a: 1 } }, text: 'content: must be a string' },
    {
      args: { name: 'n', content: 'x', content_type: 'markdown' },
      text: 'content_type: must be a media type, such as text/markdown',
    },
    {
      args: { name: 'n', content: 'a cat', content_type: 'image/png' },
      text: 'content: must be base64, because image/png is no text',
    },
    { args: { name: 'n', content: 'x', description: 5 }, text: 'description: must be a string' },
    { args: { content: 5 }, text: 'name: must be a string; content: must be a string' },
  ])('$args', async ({ args, text }) => {
    const { answer, artifacts } = await save(args);
    expect(answer).toEqual({ text: `Error: ${text}`, isError: true });
    expect(artifacts).toEqual([]);
  });
});

test('null stands for what is left out', async () => {
  const { answer, artifacts } = await save({
    name: 'n',
    content: 'x',
    content_type: null,
    description: null,
  });
  expect(answer.isError).toBe(false);
  expect(artifacts).toEqual([{ artifactId: 'artifact-1', name: 'n', parts: [{ text: 'x' }] }]);
});
