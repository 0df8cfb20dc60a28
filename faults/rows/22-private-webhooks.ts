// Row 22: webhook URLs that lead into private networks, by every notation, name and redirect.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageFor, rpc, send } from '../../test/harness/calls';
import { createConfig, deliveriesOf, redeliver, startNotified } from '../../test/harness/hooks';
import { Receiver } from '../../test/harness/receiver';
import { Decoy } from '../decoy';
import { NameServer } from '../name-server';
import { privateUrls } from '../private-urls';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** How often all of it is tried. */
  readonly rounds: number;
}

const PRELOAD = join(__dirname, '../private-name-server.cjs');

/** What a name leads to while its URL is created, when nothing is sent there. */
const PUBLIC = '8.8.8.8';

/** What it leads to from then on: all of this machine, for where the guard is broken they are dialed. */
const REBOUND: Readonly<Record<string, readonly string[]>> = {
  'loopback.rebind.test': ['127.0.0.1'],
  'another.rebind.test': ['127.8.8.8'],
  'wildcard.rebind.test': ['0.0.0.0'],
  'both.rebind.test': ['127.0.0.1', PUBLIC],
};

const REDIRECTS = [301, 302, 303, 307, 308];

/** An attempt, and another one. */
const SCHEDULE = '0,0.1';

const DEADLINE_MS = 90_000;

async function run(trial: Trial<Size>): Promise<void> {
  const decoy = await Decoy.open();
  trial.defer(() => decoy.close());
  const urls = privateUrls(decoy.port);
  const seen = urls.filter(({ isLoopback }) => isLoopback).map(({ url }) => hostOf(url));
  const hosts = seen.map((host) => (host.endsWith('localhost') ? 'localhost' : host));
  const dialed = { unit: `of ${hosts.length}`, atLeast: hosts.length };
  trial.figure('URLs that would be seen', await decoy.sees(hosts), dialed);

  const asked = new Map<string, number>();
  const names = await NameServer.open((name) => {
    asked.set(name, (asked.get(name) ?? 0) + 1);
    return asked.get(name) === 1 ? [PUBLIC] : (REBOUND[name] ?? []);
  });
  trial.defer(() => names.close());
  const receiver = await Receiver.start();
  trial.defer(() => receiver.close());
  await trial.startTemporal();
  const env = {
    NODE_OPTIONS: `--require ${PRELOAD}`,
    FAULTS_NAME_SERVER: names.address,
    PUSH_RETRY_SECONDS: SCHEDULE,
    PUSH_ALLOW_HOSTS: `127.0.0.1:${receiver.port}`,
  };
  const strict = await trial.startGateway({ env });
  const lax = await trial.startGateway({ env: { ...env, PUSH_ALLOW_HOSTS: '0.0.0.0/0,::/0' } });
  await trial.startWorker({ env });

  for (let left = trial.size.rounds; left > 0; left -= 1) {
    asked.clear();
    await refusedAtCreate(
      trial,
      strict.url,
      urls.map(({ url }) => url),
    );
    await refusedAtDial(
      trial,
      lax.url,
      urls.map(({ url }) => url),
    );
    await rebound(trial, strict.url, decoy.port);
    await redirected(trial, strict.url, { receiver, decoy });
  }
  trial.figure('connections to where none may lead', decoy.connections, { unit: '', atMost: 0 });
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

async function refusedAtCreate(
  trial: Trial<Size>,
  gateway: string,
  urls: readonly string[],
): Promise<void> {
  const { id: taskId } = await send(gateway, messageFor('silence'));
  let refused = 0;
  for (const url of urls) {
    const params = { taskId, url };
    const { body } = await rpc(gateway, 'CreateTaskPushNotificationConfig', params);
    const isRefused = body.error?.code === -32602 && body.error.message.includes('url: ');
    trial.operation(isRefused);
    trial.check('own', isRefused, `${url} is not refused: ${JSON.stringify(body).slice(0, 300)}`);
    if (isRefused) refused += 1;
  }
  const all = { unit: `of ${urls.length}`, atLeast: urls.length };
  trial.figure('refused when they are created', refused, all);
}

/** Taken by a gateway that lists every address, and sent by a worker that lists none of them. */
async function refusedAtDial(
  trial: Trial<Size>,
  gateway: string,
  urls: readonly string[],
): Promise<void> {
  let refused = 0;
  const dialed: Notified[] = [];
  for (const url of urls) {
    const params = { skill: 'silence', config: { url } };
    const task = await startNotified(gateway, { url }, params).catch(() => undefined);
    // What no operator can allow is refused here too, as it was before.
    if (task !== undefined) dialed.push({ taskId: task.id, url });
  }
  for (const one of dialed) if (await isRefusedByUs(trial, gateway, one)) refused += 1;
  trial.figure('refused when they are dialed', refused, {
    unit: `of ${dialed.length}`,
    atLeast: Math.max(dialed.length, urls.length / 2),
  });
}

interface Notified {
  readonly taskId: string;
  readonly url: string;
}

/** Not because nobody answers there. */
async function isRefusedByUs(
  trial: Trial<Size>,
  gateway: string,
  { taskId, url }: Notified,
): Promise<boolean> {
  const error = await errorOf(gateway, taskId);
  const isRefused = error?.startsWith('the URL must') === true;
  trial.operation(isRefused);
  trial.check('own', isRefused, `${url} is dialed: ${error ?? 'no error'}`);
  return isRefused;
}

/** Of the only delivery of a task, once it has been given up; undefined when it is not. */
async function errorOf(gateway: string, taskId: string): Promise<string | undefined> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    const [delivery] = await deliveriesOf(gateway, taskId).catch(() => []);
    if (delivery?.state === 'exhausted') return delivery.lastError;
    await delay(50);
  }
  return undefined;
}

/** A name that leads to a public address when it is looked at, and elsewhere when it is dialed. */
async function rebound(trial: Trial<Size>, gateway: string, port: number): Promise<void> {
  let refused = 0;
  const names = Object.keys(REBOUND);
  for (const name of names) {
    const { id: taskId } = await send(gateway, messageFor('silence'));
    const url = `https://${name}:${port}/hook`;
    const { id } = await createConfig(gateway, { taskId, url });
    await redeliver(gateway, { taskId, id }, 0);
    if (await isRefusedByUs(trial, gateway, { taskId, url })) refused += 1;
  }
  const all = { unit: `of ${names.length}`, atLeast: names.length };
  trial.figure('names that are rebound, refused', refused, all);
}

interface Redirected {
  readonly receiver: Receiver;
  readonly decoy: Decoy;
}

async function redirected(
  trial: Trial<Size>,
  gateway: string,
  { receiver, decoy }: Redirected,
): Promise<void> {
  const location = `http://127.0.0.1:${decoy.port}/latest/meta-data`;
  for (const status of REDIRECTS) {
    receiver.answer = () => ({ status, headers: { location } });
    const { id } = await startNotified(gateway, receiver, { skill: 'silence' });
    const error = await errorOf(gateway, id);
    const isRefused = error === `HTTP ${status}`;
    trial.operation(isRefused);
    trial.check('own', isRefused, `${status}: ${error ?? 'no error'}`);
  }
}

export const privateWebhooks = defineRow<Size>({
  row: 22,
  fault:
    '60 webhook URLs into private ranges: literals in every notation, user names, other schemes; names that are rebound; redirects',
  passes: 'each refused when it is created and when it is dialed; no packet arrives',
  sizes: { ci: { rounds: 1 }, full: { rounds: 5 } },
  mutation: {
    breaks: 'what a name resolves to is dialed, wherever it leads',
    edits: [
      {
        file: 'webhooks/post.ts',
        from: 'if (!addresses.every(({ address }) => rules.mayDial(address, to))) {',
        to: 'if (addresses.length === 0) {',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
