// The skills that ship with Longhaul, in the order in which they are asked to take a message.

import type { Skill } from '../skill';
import { createAssistant, type AssistantSettings } from './assistant';
import { report } from './report';
import { tutorial } from './tutorial';

/** What shipped skills need of the configuration. */
export interface ShippedSettings {
  /** Absent: there is no assistant. */
  readonly assistant?: AssistantSettings | undefined;
}

/** The assistant takes any message, as the tutorial does, which is there for those who have none. */
export function shippedSkills({ assistant }: ShippedSettings): readonly Skill[] {
  return [report, ...(assistant === undefined ? [] : [createAssistant(assistant)]), tutorial];
}

/** Those that need no settings, for whoever loads this module to run one of them. */
export default shippedSkills({});
