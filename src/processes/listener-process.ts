// The trial receiver of webhooks, with the secrets that this deployment signs with.

import type { Config } from '../config/config';
import { startListener } from '../webhooks/listener';
import { toSecret } from '../webhooks/signature';
import { keysOf, say, signingSecretsOf } from './process';
import type { Running } from './running';

/** For trials: without it nobody sees the secret that is derived when none is set. */
export async function openListener(config: Config, running: Running): Promise<void> {
  const secrets = signingSecretsOf(config, await keysOf(config));
  const { listenPort: port } = config.push;
  const listener = await startListener({ host: '127.0.0.1', port, secrets, print: say });
  running.add(() => listener.close());
  say(`webhooks     ${listener.url} (the gateway and the worker need PUSH_ALLOW_HOSTS=127.0.0.1)`);
  for (const secret of secrets) say(`signed with  ${toSecret(secret)}`);
}
