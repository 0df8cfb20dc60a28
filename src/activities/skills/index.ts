// The skills that ship with Longhaul, in the order in which they are asked to take a message.

import type { Skill } from '../skill';
import { tutorial } from './tutorial';

export const shippedSkills: readonly Skill[] = [tutorial];
