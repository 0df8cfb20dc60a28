// What the worker runs its workflows from: the bundle that `npm run build` has made, else the source, bundled at each start.

import type { BundleOptions, WorkerOptions } from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const WORKFLOWS = {
  workflowsPath: require.resolve('../workflows'),
  workflowInterceptorModules: [require.resolve('../workflows/cancel-reason')],
} satisfies BundleOptions;

/** Beside the built program alone: webpack takes longer than all else at the start. */
export const WORKFLOW_BUNDLE = join(__dirname, '../workflow-bundle.js');

type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors'>;

export function workflowSource(): WorkflowSource {
  if (existsSync(WORKFLOW_BUNDLE)) return { workflowBundle: { codePath: WORKFLOW_BUNDLE } };
  const { workflowsPath, workflowInterceptorModules } = WORKFLOWS;
  return { workflowsPath, interceptors: { workflowModules: workflowInterceptorModules } };
}
