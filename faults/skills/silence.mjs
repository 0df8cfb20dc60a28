// A skill for messages that nobody means: it is over at once, whatever it is given.

export default {
  id: 'silence',
  name: 'Silence',
  description: 'fault suite: ends at once',
  tags: ['faults'],
  run: () => ({ state: 'completed' }),
};
