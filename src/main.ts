// The composition root: starts the process that was asked for, and takes it down again.

import pino, { type Logger } from 'pino';
import { SKILL_MEMBERS, unreadMembers } from './activities/check-skill';
import { loadSkills } from './activities/load-skills';
import type { Skill } from './activities/skill';
import type { Config } from './config/config';
import { readConfig } from './config/read-config';
import { openGateway, type Addresses } from './processes/gateway-process';
import { openListener } from './processes/listener-process';
import { say } from './processes/process';
import { Running } from './processes/running';
import { givenTemporal, ownOrGivenTemporal, showDoctor } from './processes/temporal-process';
import { openWorker, openWorkerHealth } from './processes/worker-process';

/** A process that does not come down by itself is ended; a supervisor waits ten seconds, as a rule. */
const SHUTDOWN_MS = 15_000;

async function main(): Promise<void> {
  const [role = 'start', option] = process.argv.slice(2);
  const config = readConfig();
  if (role === 'start' && option === '--doctor') {
    await showDoctor(config);
    return;
  }
  const running = new Running();
  let starting = Promise.resolve();
  const stop = (code: number): void => {
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    running.stop();
    void starting.then(() => running.close()).finally(() => process.exit(code));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      say(`${signal}: draining`);
      stop(0);
    });
  }
  starting = run(role, { config, running, stop }).catch((err: unknown) => {
    if (running.signal.aborted) return;
    say(`longhaul: ${err instanceof Error ? err.message : String(err)}`);
    stop(1);
  });
  await starting;
}

interface Role {
  readonly config: Config;
  readonly running: Running;
  readonly stop: (code: number) => void;
}

async function run(role: string, { config, running, stop }: Role): Promise<void> {
  const log = pino({ level: config.logLevel });
  const sweeps = { completed: 0, failed: 0, parts: 0, bytes: 0 };
  const skills = await loadSkills(config.skills, config, (err, file) => {
    log.error({ err, file }, 'a module with skills left an error that nobody caught');
  });
  warnOfUnread(skills, log);
  const fail = (err: unknown): void => {
    log.fatal({ err }, 'the worker stopped');
    stop(1);
  };
  switch (role) {
    case 'start': {
      const { temporal, uiUrl } = await ownOrGivenTemporal(config, running, stop);
      const parts = { config, temporal, skills, log, running, sweeps };
      const starter = await openWorker(parts, fail);
      const addresses = await openGateway(parts, starter);
      sayReady(addresses, uiUrl);
      return;
    }
    case 'gateway': {
      const parts = { config, temporal: givenTemporal(config), skills, log, running, sweeps };
      sayAddresses(await openGateway(parts));
      return;
    }
    case 'worker': {
      const parts = { config, temporal: givenTemporal(config), skills, log, running, sweeps };
      await openWorker(parts, fail);
      await openWorkerHealth(parts);
      say(`worker runs  task queue ${config.taskQueue}`);
      return;
    }
    case 'listen': {
      await openListener(config, running);
      return;
    }
    default:
      throw new Error(`there is no "${role}": say start, gateway, worker or listen`);
  }
}

function warnOfUnread(skills: readonly Skill[], log: Logger): void {
  for (const skill of skills) {
    const members = unreadMembers(skill);
    if (members.length === 0) continue;
    const told = { skill: skill.id, members, known: SKILL_MEMBERS };
    log.warn(told, 'a skill has members that nothing reads: are they misspelled?');
  }
}

function sayAddresses({ publicUrl, grpcAddress }: Addresses): void {
  say(`A2A          ${publicUrl}/`);
  if (grpcAddress !== undefined) say(`gRPC         ${grpcAddress}`);
}

function sayReady(addresses: Addresses, uiUrl: string | undefined): void {
  const { publicUrl: url } = addresses;
  sayAddresses(addresses);
  say(`agent card   ${url}/.well-known/agent-card.json`);
  if (uiUrl !== undefined) say(`Temporal UI  ${uiUrl}`);
  say('');
  say('Try it: this streams a report on the weather data in examples/');
  say(`  node examples/report.mjs ${url}`);
  say('ready');
}

main().catch((err: unknown) => {
  say(`longhaul: ${err instanceof Error ? err.message : String(err)}`);
  process.exitCode = 1;
});
