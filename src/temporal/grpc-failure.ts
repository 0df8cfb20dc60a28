// What a failed call to Temporal says: told by the failure's shape, so that this loads no client.

// The numbers are gRPC's status codes.
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;

/** A failure that says nothing about the task: worth another try later. */
export function isFault(err: unknown): boolean {
  const code = grpcCode(err);
  return code !== undefined && code !== NOT_FOUND && code !== INVALID_ARGUMENT;
}

export function isNotFound(err: unknown): boolean {
  // A handle of the SDK makes an error of its own of it, without the cause.
  const isOfHandle = err instanceof Error && err.name === 'WorkflowNotFoundError';
  return isOfHandle || grpcCode(err) === NOT_FOUND;
}

export function isInvalidArgument(err: unknown): boolean {
  return grpcCode(err) === INVALID_ARGUMENT;
}

/** Temporal has too much to do. */
export function isExhausted(err: unknown): boolean {
  return grpcCode(err) === RESOURCE_EXHAUSTED;
}

/** The SDK wraps the `ServiceError` of gRPC as the cause, one or two levels deep. */
function grpcCode(err: unknown): number | undefined {
  for (let at = err; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'number' && 'details' in at && 'metadata' in at) {
      return at.code;
    }
  }
  return undefined;
}
