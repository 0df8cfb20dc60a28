// The official clients: which there are, what each can do, and how it names what went wrong.

import { dialect03 } from './dialects/0.3';
import { dialect10 } from './dialects/1.0';
import type { Dialect } from './dialects/dialect';
import type { Binding, Driver } from './driver';
import { openJs03 } from './js-0.3';
import { openJs13 } from './js-1.3';
import { openPython } from './python';

type Ability = 'list' | 'headers' | 'listPush' | 'deletePush' | 'sendPush' | 'extendedCard';

/** What a client drops of what it is sent. */
type Loss = 'append' | 'file names';

export interface Official {
  readonly name: string;
  readonly dialect: Dialect;
  open(binding: Binding, urls: readonly string[]): Promise<Driver>;
  /** What its interface offers on this binding. */
  can(what: Ability, binding: Binding): boolean;
  /** Found in its code, hence no fault of the gateway. */
  loses?(what: Loss, binding: Binding): boolean;
  /** By what its error is known when a task is not found, or cannot be canceled. */
  readonly errors: Readonly<Record<Binding, Refusals>>;
}

interface Refusals {
  readonly notFound: RegExp;
  readonly notCancelable: RegExp;
}

const TYPED: Refusals = { notFound: /TaskNotFound/, notCancelable: /TaskNotCancelable/ };
const ALL_TYPED = { JSONRPC: TYPED, 'HTTP+JSON': TYPED, GRPC: TYPED };

export const CLIENTS: readonly Official[] = [
  {
    name: '@a2a-js/sdk 1.3.0',
    dialect: dialect10,
    open: openJs13,
    can: () => true,
    errors: ALL_TYPED,
  },
  {
    name: '@a2a-js/sdk 0.3.14',
    dialect: dialect03,
    open: openJs03,
    can: (what) => what !== 'list',
    // Its translation from protobuf leaves both out.
    loses: (_what, binding) => binding !== 'JSONRPC',
    errors: ALL_TYPED,
  },
  {
    name: 'a2a-sdk 1.3.0 (Python)',
    dialect: dialect10,
    open: (binding, urls) => openPython('python-1.3', binding, urls),
    can: () => true,
    errors: ALL_TYPED,
  },
  {
    name: 'a2a-sdk 0.3.26 (Python)',
    dialect: dialect03,
    open: (binding, urls) => openPython('python-0.3', binding, urls),
    can(what, binding) {
      // On gRPC it passes on no headers but extensions.
      if (what === 'headers') return binding !== 'GRPC';
      // It makes a dictionary of a config that comes with a message, and its protobuf wants another.
      if (what === 'sendPush') return binding === 'JSONRPC';
      return what === 'extendedCard';
    },
    // It has one class of error for each binding.
    errors: {
      JSONRPC: {
        notFound: /^A2AClientJSONRPCError: .*code=-32001/,
        notCancelable: /^A2AClientJSONRPCError: .*code=-32002/,
      },
      'HTTP+JSON': {
        notFound: /^A2AClientHTTPError: HTTP Error 404/,
        notCancelable: /^A2AClientHTTPError: HTTP Error 400/,
      },
      GRPC: {
        notFound: /^AioRpcError: [^]*NOT_FOUND/,
        notCancelable: /^AioRpcError: [^]*FAILED_PRECONDITION/,
      },
    },
  },
];
