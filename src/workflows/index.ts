// What the worker bundles: every workflow, and nothing else.

export { logWorkflow } from './log-workflow';
export { pushWorkflow } from './push-workflow';
export { replyWorkflow } from './reply-workflow';
export { taskWorkflow } from './task-workflow';
