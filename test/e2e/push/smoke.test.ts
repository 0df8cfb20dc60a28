import { Webhook } from 'standardwebhooks';
import { messageFor, rpc, result } from '../../harness/calls';
import { Receiver, seqOf } from '../../harness/receiver';
import { useStack } from '../../harness/stack';
import type { WireTask } from '../../harness/wire';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const stack = useStack({ env: { PUSH_ALLOW_HOSTS: '127.0.0.1', PUSH_SIGNING_SECRETS: SECRET } });

test('smoke', async () => {
  const receiver = await Receiver.start();
  const config = {
    url: receiver.url,
    token: 'abc',
    authentication: { scheme: 'Bearer', credentials: 'x' },
  };
  const { task } = await result(
    rpc<{ task: WireTask }>(stack.url, 'SendMessage', {
      message: messageFor('steps', { events: 5, everyMs: 20 }),
      configuration: { taskPushNotificationConfig: config },
    }),
  );
  await receiver.until('end', () =>
    receiver.received.some(
      ({ event }) => event.statusUpdate?.status.state === 'TASK_STATE_COMPLETED',
    ),
  );
  console.log(
    receiver.received.map((r) => [seqOf(r), r.raw.slice(0, 120)]),
    receiver.received[0]?.headers,
  );
  for (const { raw, headers } of receiver.received)
    new Webhook(SECRET).verify(raw, headers as Record<string, string>);
  console.log(
    task.id,
    (await rpc(stack.url, 'ListTaskPushNotificationConfigs', { taskId: task.id })).body,
  );
  await receiver.close();
});
