import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newContainerId } from '../../../backend/base/ids.ts';
import { silentLogger } from '../../../backend/base/logger.ts';
import { createRuntime, type ConmonRuntime } from '../../../backend/runtime/create-runtime.ts';
import type { AttachedStreams, CreateRequest, ExitStatus } from '../../../backend/runtime/runtime.ts';
import { buildSpec } from '../../../backend/runtime/spec/build-spec.ts';
import { readHostFacts } from '../../../backend/runtime/spec/host-facts.ts';
import { resolveUser } from '../../../backend/runtime/spec/resolve-user.ts';
import type { SpecInput } from '../../../backend/runtime/spec/spec-input.ts';
import { createLayout, type Layout } from '../../../backend/store/layout.ts';
import { NO_RESOURCES } from '../../support/fakes/no-resources.ts';

const APPLETS = [
  'sh',
  'true',
  'cat',
  'sleep',
  'echo',
  'head',
  'seq',
  'dd',
  'stty',
  'id',
  'hostname',
  'tail',
  'kill',
];
const APPLETS_MORE = [
  'ls',
  'touch',
  'grep',
  'wc',
  'mount',
  'unshare',
  'yes',
  'printf',
  'df',
  'ulimit',
  'chroot',
];

/** A runtime in directories of its own, with a root file system made of busybox. */
export class RuntimeFixture {
  readonly directory = mkdtempSync('/var/tmp/strata-runtime-');
  readonly layout: Layout = createLayout(join(this.directory, 'data'), join(this.directory, 'run'));
  readonly rootfs = join(this.directory, 'rootfs');
  readonly ids: string[] = [];
  #runtime: ConmonRuntime | null = null;

  async open(runtimes: readonly ('crun' | 'runc')[] = ['crun', 'runc']): Promise<void> {
    makeRootfs(this.rootfs);
    this.#runtime = await createRuntime({ layout: this.layout, logger: silentLogger, runtimes });
  }

  get runtime(): ConmonRuntime {
    if (!this.#runtime) throw new Error('the fixture is not open');
    return this.#runtime;
  }

  /** A second daemon's view of the same directories. */
  async reopen(): Promise<ConmonRuntime> {
    this.#runtime = await createRuntime({ layout: this.layout, logger: silentLogger });
    return this.#runtime;
  }

  async close(): Promise<void> {
    for (const id of this.ids) await this.#runtime?.delete(id).catch(() => undefined);
    rmSync(this.directory, { recursive: true, force: true });
  }

  input(args: string[], changes: Partial<SpecInput> = {}): SpecInput {
    return {
      ...specDefaults(),
      id: newContainerId(),
      rootfs: this.rootfs,
      user: resolveUser(this.rootfs, ''),
      args,
      ...changes,
    };
  }

  request(
    args: string[],
    changes: Partial<SpecInput> = {},
    more: Partial<CreateRequest> & { logPath?: string } = {},
  ): CreateRequest & { logPath: string } {
    const input = this.input(args, changes);
    this.ids.push(input.id);
    return {
      id: input.id,
      spec: buildSpec(input),
      logPath: this.logPath(input.id),
      tty: input.tty,
      openStdin: false,
      stdinOnce: false,
      ...more,
    };
  }

  logPath(id: string): string {
    return join(this.layout.container(id), 'container.log');
  }

  /** Creates, attaches, starts and waits. */
  async run(
    args: string[],
    changes: Partial<SpecInput> = {},
  ): Promise<{ id: string; stdout: string; stderr: string; exit: ExitStatus }> {
    const request = this.request(args, changes);
    await this.runtime.create(request);
    const streams = await this.runtime.attach(request.id, { stdin: false, tty: request.tty });
    const output = readAll(streams);
    await this.runtime.start(request.id);
    const exit = await this.runtime.waitExit(request.id, AbortSignal.timeout(20_000));
    return { id: request.id, exit, ...(await output) };
  }
}

export async function readAll(streams: AttachedStreams): Promise<{ stdout: string; stderr: string }> {
  const text = async (stream: AsyncIterable<unknown> | null): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };
  const [stdout, stderr] = await Promise.all([text(streams.stdout), text(streams.stderr)]);
  return { stdout, stderr };
}

function makeRootfs(rootfs: string): void {
  for (const name of ['bin', 'proc', 'dev', 'sys', 'tmp', 'etc', 'root']) {
    mkdirSync(join(rootfs, name), { recursive: true });
  }
  copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  chmodSync(join(rootfs, 'bin/busybox'), 0o755);
  for (const name of [...APPLETS, ...APPLETS_MORE]) symlinkSync('busybox', join(rootfs, 'bin', name));
  writeFileSync(
    join(rootfs, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n',
  );
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\napp:x:1001:\nwheel:x:10:app\n');
  writeFileSync(join(rootfs, 'etc/no-program'), 'text');
}

export function specDefaults(): Omit<SpecInput, 'id' | 'rootfs' | 'args' | 'user'> {
  return {
    env: ['PATH=/bin'],
    cwd: '/',
    tty: false,
    consoleSize: null,
    capAdd: [],
    capDrop: [],
    privileged: false,
    securityOpt: [],
    ulimits: [],
    defaultUlimits: [],
    oomScoreAdj: 0,
    readonlyRootfs: false,
    hostname: 'strata-test',
    domainname: '',
    resources: NO_RESOURCES,
    binds: [],
    tmpfs: {},
    shmSize: 0,
    devices: [],
    deviceRules: [],
    maskedPaths: null,
    readonlyPaths: null,
    sysctls: {},
    network: 'private',
    pid: 'private',
    ipc: 'private',
    uts: 'private',
    cgroupns: '',
    init: false,
    host: readHostFacts(),
  };
}
