// How each generation says the same over gRPC, and the sends that both refuse as invalid.

import { V03, V1 } from '../../harness/grpc';

export type Json = Readonly<Record<string, unknown>>;

/** How each generation says the same. */
interface Generation {
  readonly name: string;
  readonly service: string;
  readonly parts: string;
  readonly task: (id: string, more?: Json) => Json;
  readonly subscribe: string;
}

export const GENERATIONS: readonly Generation[] = [
  {
    ...{ name: '1.0', service: V1, parts: 'parts', subscribe: 'SubscribeToTask' },
    task: (id, more = {}) => ({ id, ...more }),
  },
  {
    ...{ name: '0.3', service: V03, parts: 'content', subscribe: 'TaskSubscription' },
    task: (id, more = {}) => ({ name: `tasks/${id}`, ...more }),
  },
];

/** @param parts the name of the field; @param message makes a valid message with these fields instead. */
export function invalidSends(
  parts: string,
  message: (more?: Json) => Json,
): readonly { readonly wrong: string; readonly body: Json }[] {
  return [
    { wrong: 'no message', body: {} },
    { wrong: 'no role', body: { message: message({ role: 'ROLE_UNSPECIFIED' }) } },
    { wrong: 'a role that does not exist', body: { message: message({ role: 9 }) } },
    { wrong: 'no parts', body: { message: message({ [parts]: [] }) } },
    { wrong: 'an empty part', body: { message: message({ [parts]: [{}] }) } },
    { wrong: 'no messageId', body: { message: message({ messageId: '' }) } },
    { wrong: 'a line break in an id', body: { message: message({ contextId: 'a\nb' }) } },
    { wrong: 'an id of 256 letters', body: { message: message({ taskId: 'x'.repeat(256) }) } },
    {
      wrong: 'a historyLength of -1',
      body: { message: message(), configuration: { historyLength: -1 } },
    },
    {
      wrong: 'a skill that does not exist',
      body: { message: message({ metadata: { skillId: 'nope' } }) },
    },
  ];
}
