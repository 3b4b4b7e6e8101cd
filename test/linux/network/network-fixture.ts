import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { PortMapping, Sandbox } from '../../../backend/network/networks.ts';
import { mountsBelow } from '../../support/sweep.ts';
import {
  prepareDaemon,
  type DaemonOptions,
  type DaemonProcess,
  type PreparedDaemon,
} from './daemon-process.ts';
import { makeTestMachine, runIn, type TestMachine } from './test-machine.ts';
import { Visitors } from './visitors.ts';

export const port = (hostPort: number, rest: Partial<PortMapping> = {}): PortMapping => ({
  protocol: 'tcp',
  containerPort: 80,
  hostAddress: '',
  hostPort,
  ...rest,
});

/** Where a container's own programs would run. */
export const inside = ({ netnsPath }: Pick<Sandbox, 'netnsPath'>): string => netnsPath ?? '';

export interface NetworkFixture {
  readonly machine: TestMachine;
  /** A daemon of each test's own. */
  readonly daemon: DaemonProcess;
  readonly visitors: Visitors;
  /** Another daemon, or another life of one: it is ended after the test, and what it made goes with it. */
  start(name: string, options?: DaemonOptions): Promise<DaemonProcess>;
  /** What daemons left on the machine. */
  leftovers(): Promise<string[]>;
}

/** A machine for all tests of a `describe`, and a fresh daemon on it for each. No test may leave anything behind. */
export function useNetworks(): NetworkFixture {
  let machine: TestMachine;
  let lives: Lives;
  let daemon: DaemonProcess;
  let visitors: Visitors;

  before(async () => {
    machine = await makeTestMachine();
    lives = new Lives(machine);
  });
  after(async () => {
    await lives.end();
    await machine[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    visitors = new Visitors();
    daemon = await lives.start('one');
  });
  afterEach(async () => {
    await visitors[Symbol.asyncDispose]();
    await lives.clear();
    assert.deepEqual(await leftoversOn(machine), []);
  });
  return {
    get machine() {
      return machine;
    },
    get daemon() {
      return daemon;
    },
    get visitors() {
      return visitors;
    },
    start: (name, options) => lives.start(name, options),
    leftovers: () => leftoversOn(machine),
  };
}

async function leftoversOn({ host, directory }: TestMachine): Promise<string[]> {
  const links = await runIn(host, 'ip', '-o', 'link');
  const tables = await runIn(host, 'nft', 'list', 'tables');
  const found = [...links.split('\n'), ...tables.split('\n')].filter((line) =>
    /strata|: (st|br-)/.test(line),
  );
  return [...found, ...(await mountsBelow(directory))];
}

/** The daemons of a test. The next one reads its code while a test runs. */
class Lives {
  readonly #machine: TestMachine;
  /** The last one of each data root. */
  readonly #last = new Map<string, DaemonProcess>();
  #next: PreparedDaemon;

  constructor(machine: TestMachine) {
    this.#machine = machine;
    this.#next = prepareDaemon(machine.host);
  }

  async start(name: string, options?: DaemonOptions): Promise<DaemonProcess> {
    const prepared = options ? prepareDaemon(this.#machine.host, options) : this.#next;
    if (!options) this.#next = prepareDaemon(this.#machine.host);
    const started = await prepared.begin(join(this.#machine.directory, name));
    this.#last.set(name, started);
    return started;
  }

  /** What they made goes as if every container had ended. */
  async clear(): Promise<void> {
    const names = [...this.#last];
    this.#last.clear();
    for (const [name, last] of names) {
      const daemon = last.lives() ? last : await this.start(name);
      await daemon.comeBack();
      for (const { driver, id, name: network } of await daemon.list())
        if (network !== driver) await daemon.remove(id);
      await daemon.close();
      await daemon.kill();
    }
    this.#last.clear();
  }

  async end(): Promise<void> {
    await this.#next.kill();
  }
}
