// The last step of `npm run build`: bundles the workflows, so that no worker does it when it starts.

import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { writeFile } from 'node:fs/promises';
import { WORKFLOWS, WORKFLOW_BUNDLE } from './workflow-bundle';

async function main(): Promise<void> {
  const { code } = await bundleWorkflowCode({ ...WORKFLOWS, logger: new DefaultLogger('WARN') });
  await writeFile(WORKFLOW_BUNDLE, code);
}

void main();
