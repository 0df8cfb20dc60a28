// What the worker bundles: every workflow, and nothing else.

export { taskWorkflow } from './task-workflow';
