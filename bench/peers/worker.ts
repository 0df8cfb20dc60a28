// The worker process of the bare workflows, with the SDK's defaults but for room. Arguments: address, task queue.

import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { activities } from './activities';

/** As many as a worker of ours runs skills. Default: 100. */
const RUNNING_ACTIVITIES = 200;

async function main(): Promise<void> {
  const [address = '', taskQueue = ''] = process.argv.slice(2);
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: require.resolve('./workflows'),
    activities,
    maxConcurrentActivityTaskExecutions: RUNNING_ACTIVITIES,
  });
  // The benchmark may be killed; its worker is not to outlive it.
  process.once('disconnect', () => worker.shutdown());
  process.send?.('ready');
  await worker.run();
  await connection.close();
  process.disconnect();
}

void main();
