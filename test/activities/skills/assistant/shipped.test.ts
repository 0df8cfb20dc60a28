// When the assistant is there, and which messages it takes.

import { shippedSkills } from '../../../../src/activities/skills';
import { checkSkill } from '../../../../src/activities/check-skill';
import { settings } from './settings';

const ids = (skills: ReturnType<typeof shippedSkills>) => skills.map(({ id }) => id);

test('without settings there is no assistant', () => {
  expect(ids(shippedSkills({}))).toEqual(['report', 'tutorial']);
});

test('with settings it is asked before the tutorial, which takes everything too', () => {
  const skills = shippedSkills({ assistant: settings() });
  expect(ids(skills)).toEqual(['report', 'assistant', 'tutorial']);
  const message = { messageId: '1', role: 'ROLE_USER', parts: [{ text: 'Hello' }] } as const;
  expect(skills.find((skill) => skill.accepts?.(message))?.id).toBe('assistant');
});

test('it is a skill like any other', () => {
  const [, assistant] = shippedSkills({ assistant: settings() });
  expect(checkSkill(assistant, 'assistant')).toBe(assistant);
});
