// The skills that ship with Longhaul, in the order in which they are asked to take a message.

import type { Skill } from '../skill';
import { report } from './report';
import { tutorial } from './tutorial';

const shippedSkills: readonly Skill[] = [report, tutorial];

export default shippedSkills;
