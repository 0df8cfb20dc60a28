// What nobody expected tells a caller nothing: neither hosts, nor paths, nor the words of a library.

import {
  fromJsonRpcError,
  fromRestError,
  toFault,
  toJsonRpcError,
  toRestError,
} from '../../src/api/wire/error-table';

const SECRET = 'connect ECONNREFUSED temporal-frontend.internal:7233';

const details = [{ reason: 'INTERNAL' }];

test.each([
  { from: 'a part of the gateway', said: toFault(new Error(SECRET), 'other') },
  { from: 'something that is no error', said: toFault({ message: SECRET }, 'cancel') },
  {
    from: 'the JSON-RPC dispatcher',
    said: fromJsonRpcError({ code: -32603, message: SECRET, data: SECRET }),
  },
  { from: 'the REST router of 1.0', said: fromRestError({ error: { message: SECRET, details } }) },
  { from: 'the REST router of 0.3', said: fromRestError({ code: -32603, message: SECRET }) },
])('an unexpected error from $from is an internal error, and no more', ({ said }) => {
  const answers = JSON.stringify([toJsonRpcError(said, false), toRestError(said)]);
  expect(answers).not.toContain('ECONNREFUSED');
  expect(said).toMatchObject({ code: -32603, httpStatus: 500, message: 'internal error' });
});
