import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '../../../backend/network/identity.ts';
import type { Sandbox } from '../../../backend/network/networks.ts';
import { prepareDaemon, type Attached, type DaemonProcess, type PreparedDaemon } from './daemon-process.ts';
import { port } from './network-fixture.ts';
import { makeTestMachine, runIn, type TestMachine } from './test-machine.ts';
import { Visitors } from './visitors.ts';

const KEPT_PORT = 8080;

/** A machine whose daemon dies again and again, while one container of it has to keep its network. */
export class MortalMachine implements AsyncDisposable {
  readonly machine: TestMachine;
  readonly visitors = new Visitors();
  readonly #steps: string;
  #daemon: DaemonProcess;
  #spare: PreparedDaemon;
  #keeper: Attached | undefined;

  private constructor(machine: TestMachine, steps: string, daemon: DaemonProcess, spare: PreparedDaemon) {
    this.machine = machine;
    this.#steps = steps;
    this.#daemon = daemon;
    this.#spare = spare;
  }

  static async make(): Promise<MortalMachine> {
    const machine = await makeTestMachine();
    const steps = join(machine.directory, 'steps');
    const daemon = await prepareDaemon(machine.host, { steps }).begin(machine.directory);
    const mortal = new MortalMachine(machine, steps, daemon, prepareDaemon(machine.host, { steps }));
    await daemon.make('kept', { enableIPv6: true });
    mortal.#keeper = await daemon.join('keeper', [port(KEPT_PORT)], 'kept');
    await mortal.visitors.serve(mortal.#keeper.netnsPath ?? '', 'keeper', 80);
    return mortal;
  }

  get daemon(): DaemonProcess {
    return this.#daemon;
  }

  get keeper(): Attached {
    assert.ok(this.#keeper);
    return this.#keeper;
  }

  /** What is passed when nobody dies. */
  async record(work: () => Promise<unknown>): Promise<string[]> {
    await writeFile(this.#steps, '0\n');
    await work();
    const [, ...passed] = (await readFile(this.#steps, 'utf8')).trimEnd().split('\n');
    await rm(this.#steps);
    return passed;
  }

  /** Dies at the point of this number, and lives again. Returns the point's name; null where the work ended before. */
  async dieAt(number: number, work: () => Promise<unknown>): Promise<string | null> {
    await writeFile(this.#steps, `${number}\n`);
    const ended = await work().then(
      () => true,
      () => false,
    );
    if (!ended) await this.#daemon.died();
    const passed = (await readFile(this.#steps, 'utf8')).trimEnd().split('\n');
    await rm(this.#steps);
    if (ended) return null;
    this.#daemon = await this.#spare.begin(this.machine.directory);
    this.#spare = prepareDaemon(this.machine.host, { steps: this.#steps });
    return passed.at(-1) ?? '';
  }

  /** Packets flow to the container that was there all the time, by rule and by listener, in both families. */
  async assertKept(): Promise<void> {
    const { host, outside, hostAddress, hostAddress6, outsideAddress, outsideAddress6 } = this.machine;
    const seen = await Promise.all([
      this.visitors.ask(outside, 'tcp', hostAddress, KEPT_PORT),
      this.visitors.ask(outside, 'tcp', hostAddress6, KEPT_PORT),
      this.visitors.ask(host, 'tcp', '127.0.0.1', KEPT_PORT),
    ]);
    const { gateway } = this.keeper;
    const expected = [outsideAddress, outsideAddress6, gateway].map((who) => `keeper:${who}:hello`);
    assert.deepEqual(seen, expected, 'the container that was there keeps its network');
  }

  /** The kernel and the records hold what these have, and nothing else. */
  async assertNothingElse(...sandboxes: readonly Sandbox[]): Promise<void> {
    const { host, directory } = this.machine;
    const all = [this.keeper, ...sandboxes];
    const identity = identityOf(join(directory, 'data'));
    const endpoints = all.flatMap((one) => one.endpoints.filter((endpoint) => endpoint.interface !== null));
    const records = await this.daemon.list();
    const bridges = records.flatMap(({ bridge }) => bridge ?? []);
    const members = await Promise.all(records.map(({ id }) => this.daemon.members(id)));
    const [links, rules, tcp, namespaces] = await Promise.all([
      runIn(host, 'ip', '-o', 'link'),
      runIn(host, 'nft', 'list', 'table', 'inet', identity.nftTable),
      runIn(host, 'cat', '/proc/net/tcp', '/proc/net/tcp6'),
      readdir(join(directory, 'run/netns')),
    ]);
    const names = [...links.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name = '']) => name);
    const ports = all.flatMap((one) => one.ports.map(({ hostPort }) => String(hostPort)));
    assert.deepEqual(
      {
        veths: names.filter((name) => name.startsWith(identity.vethPrefix)).toSorted(),
        strangeBridges: names.filter((name) => /^(br-|strata)/.test(name) && !bridges.includes(name)),
        namespaces: namespaces.toSorted(),
        members: members
          .flat()
          .map(({ endpoint }) => endpoint.endpointId)
          .toSorted(),
        translated: [
          ...new Set([...rules.matchAll(/tcp \. (\d+) :/g)].map(([, found = '']) => found)),
        ].toSorted(),
        listened: [...new Set(listened(tcp))].toSorted(),
        guarded: [...new Set(rules.match(/"br-[0-9a-f]+"/g))].toSorted(),
      },
      {
        veths: endpoints.map(({ endpointId }) => identity.veth(endpointId)).toSorted(),
        strangeBridges: [],
        namespaces: all.map(({ sandboxId }) => sandboxId).toSorted(),
        members: all.flatMap((one) => one.endpoints.map(({ endpointId }) => endpointId)).toSorted(),
        translated: [...new Set(ports)].toSorted(),
        listened: [...new Set(ports)].toSorted(),
        guarded: bridges
          .filter((name) => name.startsWith('br-'))
          .map((name) => `"${name}"`)
          .toSorted(),
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.visitors[Symbol.asyncDispose]();
    await this.#daemon.kill();
    await this.#spare.kill();
    await this.machine[Symbol.asyncDispose]();
  }
}

/** Ports that are listened on, out of /proc/net/tcp. */
function listened(table: string): string[] {
  return [...table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A /gm)].map(([, hex = '']) =>
    String(Number.parseInt(hex, 16)),
  );
}
