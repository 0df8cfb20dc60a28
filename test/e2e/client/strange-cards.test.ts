// The client and agent cards that leave things out, or are none.

import { ProtocolError, createLonghaulClient } from '../../../src/client';
import { all, inWords, rejection } from './seen';
import { task } from './strange-agent';
import { StrangeSetting, saying } from './strange-setting';

const strange = new StrangeSetting();
afterEach(() => strange.close());

describe('a card', () => {
  test('that says nothing of extensions is one without any', async () => {
    const { agent, client } = await strange.open(saying({ task: task('COMPLETED') }));
    expect(agent.card).not.toHaveProperty('capabilities.extensions');
    const events = await all(client.streamTask('hello'));
    expect(events.map(inWords)).toEqual(['task completed']);
    const other = await createLonghaulClient({
      client: client.client,
      agentCard: client.agentCard,
    });
    expect((await other.monitorTask('hello')).id).toBe('task-1');
  });

  test.each([
    { name: 'a page', body: '<!doctype html>', says: 'is not valid JSON' },
    { name: 'nothing', body: '', says: 'JSON' },
  ])('that is $name is told with its address', async ({ body, says }) => {
    const { agent } = await strange.open((_asked, res) => res.end(body));
    const url = `${agent.url}/somewhere/`;
    const err = await rejection(createLonghaulClient({ url, cardPath: 'card' }));
    expect(err).toBeInstanceOf(ProtocolError);
    expect((err as Error).message).toContain(
      `what is at ${agent.url}/somewhere/card is no agent card`,
    );
    expect((err as Error).message).toContain(says);
  });

  test('has an address with its scheme', async () => {
    const err = await rejection(createLonghaulClient({ url: 'localhost:4000' }));
    expect(err).toEqual(
      new TypeError('url is "localhost:4000": it must begin with http:// or https://'),
    );
  });
});
