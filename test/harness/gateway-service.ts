// The task service of a gateway without its edges, on a stage of the tests.

import { Intake } from '../../src/api/intake';
import { Recovery } from '../../src/api/recovery';
import { createSkillCatalog } from '../../src/api/skill-catalog';
import { TaskService } from '../../src/api/task-service';
import type { Skill } from '../../src/activities/skill';
import { createDirectoryPartStores } from '../../src/storage/part-store';
import { EndedTasks } from '../../src/temporal/ended-task';
import { Replies } from '../../src/temporal/replies';
import { TaskListing } from '../../src/temporal/task-list';
import { Tasks } from '../../src/temporal/tasks';
import { TASK_QUEUE, type TaskStage } from './task-worker';

/** After the stage is open. */
export function openService(stage: TaskStage, skills: readonly Skill[]): TaskService {
  const { client } = stage;
  const starting = { client, taskQueue: TASK_QUEUE };
  const tasks = new Tasks(starting);
  const replies = new Replies(starting);
  const stores = createDirectoryPartStores(stage.partsDirectory);
  const recovery = new Recovery({ tasks, endedTasks: new EndedTasks(client), stores });
  const catalog = createSkillCatalog(skills, TASK_QUEUE);
  const publicUrl = 'http://gateway.example';
  const intake = new Intake({ tasks, replies, recovery, stores, catalog, publicUrl });
  const listing = new TaskListing(client, Buffer.alloc(32));
  return new TaskService({ intake, tasks, replies, recovery, listing });
}
