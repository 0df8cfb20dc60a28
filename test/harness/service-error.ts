// A gRPC failure as the Temporal client throws it.

export function serviceError(code: number): Error {
  return Object.assign(new Error('refused by the server'), { code, details: '', metadata: {} });
}
