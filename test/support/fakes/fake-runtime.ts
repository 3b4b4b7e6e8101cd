import { PassThrough } from 'node:stream';
import { notFound } from '../../../backend/base/errors.ts';
import type { LinuxResources } from '../../../backend/oci/runtime-spec.ts';
import type {
  AttachedStreams,
  ExitStatus,
  MonitoredContainer,
  Runtime,
} from '../../../backend/runtime/runtime.ts';

export interface FakeStreams extends AttachedStreams {
  stdout: PassThrough;
  stderr: PassThrough | null;
  stdin: PassThrough | null;
  disposed: boolean;
}

type Adopted = Awaited<ReturnType<Runtime['adopt']>>;

/**
 * A runtime without processes. Each optional function takes the place of what the fake does by itself;
 * signals 9 and 15 end a container unless `killFunc` says otherwise.
 */
export class FakeRuntime implements Runtime {
  readonly name = 'crun';
  readonly names = ['crun', 'runc'];
  readonly version = '0';
  readonly monitor = { name: 'conmon', version: '0' };
  readonly attached: FakeStreams[] = [];
  createFunc?: Runtime['create'];
  startFunc?: Runtime['start'];
  killFunc?: Runtime['kill'];
  pauseFunc?: Runtime['pause'];
  resumeFunc?: Runtime['resume'];
  updateFunc?: Runtime['update'];
  deleteFunc?: Runtime['delete'];
  attachFunc?: Runtime['attach'];
  execFunc?: Runtime['exec'];
  usageFunc?: () => Awaited<ReturnType<Runtime['usage']>>;
  adoptFunc?: (id: string) => Promise<Adopted>;
  readonly #calls: string[];
  readonly #exits = new Map<string, PromiseWithResolvers<ExitStatus>>();
  #nextPid = 1000;

  constructor(calls: string[] = []) {
    this.#calls = calls;
  }

  /** The container's program ends. */
  exit(id: string, code = 0, oomKilled = false): void {
    this.#exitOf(id).resolve({ code, oomKilled, finishedAt: new Date() });
  }

  failWait(id: string, error: Error): void {
    this.#exitOf(id).reject(error);
  }

  async create(request: Parameters<Runtime['create']>[0]): Promise<MonitoredContainer> {
    this.#calls.push('create');
    if (this.createFunc) return this.createFunc(request);
    this.#nextPid += 2;
    return {
      conmon: { pid: this.#nextPid, startTime: 1 },
      init: { pid: this.#nextPid + 1, startTime: 1 },
    };
  }

  async start(id: string): Promise<void> {
    this.#calls.push('start');
    await this.startFunc?.(id);
  }

  async kill(id: string, signal: number): Promise<void> {
    this.#calls.push(`kill ${signal}`);
    if (this.killFunc) return this.killFunc(id, signal);
    if (signal === 9 || signal === 15) this.exit(id, 128 + signal);
  }

  async pause(id: string): Promise<void> {
    this.#calls.push('pause');
    await this.pauseFunc?.(id);
  }

  async resume(id: string): Promise<void> {
    this.#calls.push('resume');
    await this.resumeFunc?.(id);
  }

  async update(id: string, resources: LinuxResources): Promise<void> {
    this.#calls.push(`update ${JSON.stringify(resources)}`);
    await this.updateFunc?.(id, resources);
  }

  waitExit(id: string, signal?: AbortSignal): Promise<ExitStatus> {
    const { promise } = this.#exitOf(id);
    if (!signal) return promise;
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }

  async delete(id: string): Promise<void> {
    this.#calls.push('delete');
    this.#exits.delete(id);
    await this.deleteFunc?.(id);
  }

  async attach(id: string, wanted: { stdin: boolean; tty: boolean }): Promise<AttachedStreams> {
    this.#calls.push('attach');
    if (this.attachFunc) return this.attachFunc(id, wanted);
    const streams = fakeStreams(wanted);
    this.attached.push(streams);
    return streams;
  }

  async resize(_id: string, rows: number, columns: number): Promise<void> {
    this.#calls.push(`resize ${rows}x${columns}`);
  }

  exec(request: Parameters<Runtime['exec']>[0]): ReturnType<Runtime['exec']> {
    this.#calls.push('exec');
    if (this.execFunc) return this.execFunc(request);
    return Promise.reject(notFound('no program'));
  }

  async usage(): ReturnType<Runtime['usage']> {
    return this.usageFunc ? this.usageFunc() : null;
  }

  async reopenLog(): Promise<void> {
    this.#calls.push('reopen log');
  }

  async processes(): Promise<number[]> {
    return [];
  }

  async adopt(id: string): Promise<Adopted> {
    this.#calls.push('adopt');
    return this.adoptFunc ? this.adoptFunc(id) : { state: 'gone' };
  }

  #exitOf(id: string): PromiseWithResolvers<ExitStatus> {
    let exit = this.#exits.get(id);
    if (!exit) {
      exit = Promise.withResolvers<ExitStatus>();
      // A failure that nobody waits for is none of the test's.
      exit.promise.catch(() => undefined);
      this.#exits.set(id, exit);
    }
    return exit;
  }
}

export function fakeStreams({ stdin, tty }: { stdin: boolean; tty: boolean }): FakeStreams {
  const streams: FakeStreams = {
    stdout: new PassThrough(),
    stderr: tty ? null : new PassThrough(),
    stdin: stdin ? new PassThrough() : null,
    disposed: false,
    [Symbol.dispose]: () => {
      streams.disposed = true;
      for (const stream of [streams.stdout, streams.stderr, streams.stdin]) stream?.destroy();
    },
  };
  return streams;
}
