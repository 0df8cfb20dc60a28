// What an end-to-end test runs against: a Temporal server, gateways and a worker, each a real process.

import { startGateway, startWorker, type TestProcess } from './processes';
import { startTestTemporal, type TestTemporal } from './temporal';

/** A first run may have to fetch the server. */
const START_DEADLINE_MS = 120_000;

type Environment = Readonly<Record<string, string>>;

export interface StackOptions {
  /** The settings of each gateway beyond the defaults. Default: one gateway without any. */
  readonly gateways?: readonly Environment[];
  /** Default: true. */
  readonly hasWorker?: boolean;
  /** Of every gateway. Default: false. */
  readonly servesGrpc?: boolean;
}

/** Two gateways on one Temporal server. */
export const TWO_GATEWAYS: StackOptions = { gateways: [{}, {}] };

/** Running from the test file's first `beforeAll` to its last `afterAll`. */
export interface Stack {
  readonly temporal: TestTemporal;
  readonly gateways: readonly TestProcess[];
  /** `http://127.0.0.1:<port>` of the first gateway. */
  readonly url: string;
  /** The same of the second one. */
  readonly otherUrl: string;
  /** `127.0.0.1:<port>` of the first gateway, and of the second one. */
  readonly grpc: string;
  readonly otherGrpc: string;
  /** The worker that was started last. */
  readonly worker: TestProcess;
  /** One more gateway, or worker; the stack ends it too. */
  startGateway(env?: Environment): Promise<TestProcess>;
  startWorker(): Promise<TestProcess>;
}

/** Starts a stack before the tests of the file and ends it after them: processes first, then Temporal. */
export function useStack({
  gateways = [{}],
  hasWorker = true,
  servesGrpc = false,
}: StackOptions = {}): Stack {
  const stack = new StartedStack(servesGrpc);
  beforeAll(async () => {
    try {
      await stack.open(gateways, hasWorker);
    } catch (err) {
      // What asks a stack that is half there would wait for the other half.
      await stack.close();
      throw err;
    }
  }, START_DEADLINE_MS);
  afterAll(() => stack.close());
  return stack;
}

class StartedStack implements Stack {
  readonly gateways: TestProcess[] = [];
  private readonly workers: TestProcess[] = [];
  private readonly processes: TestProcess[] = [];
  private readonly servesGrpc: boolean;
  private server: TestTemporal | undefined;

  constructor(servesGrpc: boolean) {
    this.servesGrpc = servesGrpc;
  }

  get temporal(): TestTemporal {
    return running(this.server);
  }

  get url(): string {
    return running(this.gateways[0]).url;
  }

  get otherUrl(): string {
    return running(this.gateways[1]).url;
  }

  get grpc(): string {
    return running(this.gateways[0]).grpcAddress;
  }

  get otherGrpc(): string {
    return running(this.gateways[1]).grpcAddress;
  }

  get worker(): TestProcess {
    return running(this.workers.at(-1));
  }

  async open(gateways: readonly Environment[], hasWorker: boolean): Promise<void> {
    this.server = await startTestTemporal();
    await allStarted<unknown>([
      this.startGateways(gateways),
      ...(hasWorker ? [this.startWorker()] : []),
    ]);
  }

  /** All at once; in the order in which they are given, whichever is ready first. */
  async startGateways(environments: readonly Environment[]): Promise<readonly TestProcess[]> {
    const { temporal, servesGrpc } = this;
    const starts = environments.map((env) =>
      this.keep(startGateway({ temporal, env, servesGrpc })),
    );
    const started = await allStarted(starts);
    this.gateways.push(...started);
    return started;
  }

  async startGateway(env: Environment = {}): Promise<TestProcess> {
    return running((await this.startGateways([env]))[0]);
  }

  async startWorker(): Promise<TestProcess> {
    const worker = await this.keep(startWorker({ temporal: this.temporal }));
    this.workers.push(worker);
    return worker;
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.gateways.length = 0;
    this.workers.length = 0;
    await Promise.all(this.processes.splice(0).map((process) => process.stop()));
    await server?.close();
  }

  /** What has started is ended, also when its neighbour could not start. */
  private async keep(start: Promise<TestProcess>): Promise<TestProcess> {
    const process = await start;
    this.processes.push(process);
    return process;
  }
}

/** Throws like `Promise.all`, but when all have come to something: then what started can be ended. */
async function allStarted<T>(starts: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

function running<T>(started: T | undefined): T {
  if (started === undefined) throw new Error('this part of the stack is not running');
  return started;
}
