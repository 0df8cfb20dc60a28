// What skills can throw, and what of it can be read (row 15 of the fault suite).

import { readable, textOf } from '../../src/activities/error-text';

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const UNREADABLE: readonly { readonly name: string; readonly thrown: unknown }[] = [
  { name: 'a proxy that is revoked', thrown: revoked() },
  { name: 'an object without a prototype', thrown: Object.create(null) },
  {
    name: 'an error whose message throws',
    thrown: Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('not even this');
      },
    }),
  },
];

describe('readable', () => {
  test.each(UNREADABLE)('$name is told as what cannot be read', ({ thrown }) => {
    expect(textOf(readable(thrown))).toContain('cannot be read');
  });

  test.each([new Error('x'), 'text', undefined, Symbol('x'), 7])('%p stays as it is', (thrown) => {
    expect(readable(thrown)).toBe(thrown);
  });
});
