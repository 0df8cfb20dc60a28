// Which tenant a request speaks for: the one it names in its path, its query or its parameters (A2A §11.3).

import type { Request } from 'express';
import { DEFAULT_TENANT } from '../workflows/task';
import { FaultError } from './wire/error-table';
import { REQUESTS, checkRequest } from './wire/request-schemas';

/** Where a request of 1.0 may name its tenant; 0.3 has none. */
export interface TenantSources {
  /** The first segment of the path, unescaped. */
  readonly path?: string | undefined;
  readonly query?: Request['query'];
  /** The parameters of JSON-RPC, or the body of REST. */
  readonly params?: unknown;
}

/**
 * Absent and empty are the default tenant.
 * @throws FaultError `invalidParams` for a name that cannot be one, and for two that differ.
 */
export function tenantOf({ path, query, params }: TenantSources): string {
  const named = [path, query?.['tenant'], fieldOf(params)].filter(isNamed);
  for (const tenant of named) checkRequest(REQUESTS.tenant, { tenant });
  const [tenant = DEFAULT_TENANT, ...others] = named as readonly string[];
  const other = others.find((each) => each !== tenant);
  if (other === undefined) return tenant;
  throw new FaultError(
    'invalidParams',
    `tenant: is ${JSON.stringify(tenant)} in the path and ${JSON.stringify(other)} in the request; name one`,
  );
}

function fieldOf(params: unknown): unknown {
  return typeof params === 'object' && params !== null && 'tenant' in params
    ? params.tenant
    : undefined;
}

function isNamed(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
