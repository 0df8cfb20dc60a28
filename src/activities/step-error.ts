// What a step's function threw, as it is kept in the journal and thrown again by later runs.

import type { StepError } from '../workflows/journal';
import { isError, isFinal, textOf } from './error-text';

export function keptError(error: unknown): StepError {
  const name = isError(error) ? error.name : 'Error';
  return { name, message: textOf(error), ...(isFinal(error) && { retryable: false }) };
}

export function revivedError({ message, ...rest }: StepError): Error {
  return Object.assign(new Error(message), rest);
}
