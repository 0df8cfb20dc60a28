// Visits to the address of a question for credentials, as a browser or a backend makes them (A2A §7.6.1).

import type { WireTask } from './wire';

interface Visit {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Of the question that the task waits with. */
export function urlOf({ status }: WireTask): string {
  return status.message!.parts.find(({ url }) => url !== undefined)!.url!;
}

export async function visit(url: string, init: RequestInit = {}): Promise<Visit> {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export function post(url: string, init: RequestInit = {}): Promise<Visit> {
  return visit(url, { method: 'POST', ...init });
}
