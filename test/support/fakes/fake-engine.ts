import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeyedLock } from '../../../backend/base/keyed-lock.ts';
import { silentLogger } from '../../../backend/base/logger.ts';
import { hostConfigWire, toHostConfig } from '../../../backend/api/wire/host-config.ts';
import type { Container } from '../../../backend/engine/containers/container.ts';
import { ContainerSet } from '../../../backend/engine/containers/container-set.ts';
import type { CreateRequest } from '../../../backend/engine/containers/create-request.ts';
import { createContainer } from '../../../backend/engine/containers/create.ts';
import { LiveContainers } from '../../../backend/engine/containers/live-container.ts';
import type { EngineContext } from '../../../backend/engine/context.ts';
import { IdRanges } from '../../../backend/engine/userns/id-ranges.ts';
import { idPool } from '../../../backend/engine/userns/subordinate-ids.ts';
import { EventLog } from '../../../backend/engine/events/event-log.ts';
import { ExecSet } from '../../../backend/engine/exec/exec-set.ts';
import { createLayout } from '../../../backend/store/layout.ts';
import { openRecords } from '../../../backend/store/records.ts';
import { makeTempDir } from '../temp-dir.ts';
import { FakeNetworks, FakeSnapshotter, FakeVolumes } from './fake-host.ts';
import { fakeImage, FakeImages } from './fake-images.ts';
import { FakeRuntime } from './fake-runtime.ts';

/** The real engine with real records in a temporary directory, above a host that only pretends. */
export interface FakeEngine extends AsyncDisposable {
  context: EngineContext;
  runtime: FakeRuntime;
  snapshotter: FakeSnapshotter;
  networks: FakeNetworks;
  volumes: FakeVolumes;
  images: FakeImages;
  /** What the fakes were asked for, in order. */
  calls: string[];
  /** Actions of the containers' events so far, in order. */
  actions: string[];
  /** Warnings and errors that were logged. */
  complaints: string[];
  /** Ends the daemon: watches and timers stop. */
  shutDown(): void;
  /** The same disk under a new daemon; what was in memory is lost. */
  restart(): FakeEngine;
}

export async function makeEngine(): Promise<FakeEngine> {
  const temporary = await makeTempDir('strata-engine-');
  return engineIn(temporary.path, () => temporary[Symbol.asyncDispose]());
}

function engineIn(path: string, removeDirectory: () => PromiseLike<void>): FakeEngine {
  const calls: string[] = [];
  const actions: string[] = [];
  const complaints: string[] = [];
  const layout = createLayout(join(path, 'data'), join(path, 'run'));
  for (const directory of [layout.dataRoot, layout.containers, layout.runContainers])
    mkdirSync(directory, { recursive: true });
  const records = openRecords(layout.database);
  const events = new EventLog();
  events.subscribe(({ type, action }) => {
    if (type === 'container') actions.push(action);
  });
  const complain = (fields: object, message: string): void =>
    void complaints.push(`${message}: ${JSON.stringify(fields)}`);
  const images = new FakeImages();
  images.images.push(fakeImage());
  const parts = {
    runtime: new FakeRuntime(calls),
    snapshotter: new FakeSnapshotter(layout.runContainers, calls),
    networks: new FakeNetworks(calls),
    volumes: new FakeVolumes(),
    images,
  };
  const shutdown = new AbortController();
  const containers = new ContainerSet(records);
  const context: EngineContext = {
    ...parts,
    layout,
    logger: { ...silentLogger, warn: complain, error: complain },
    holdImage: async (name) => ({
      image: images.resolve(name),
      lease: { [Symbol.dispose]: () => undefined },
    }),
    containers,
    live: new LiveContainers(),
    execs: new ExecSet(),
    events,
    locks: new KeyedLock(),
    bootId: 'boot',
    defaultUlimits: [],
    init: false,
    userns: {
      default: 'host',
      ranges: new IdRanges(
        () => containers.idMappings(),
        () => idPool('', ''),
      ),
    },
    shutdown: shutdown.signal,
  };
  const shutDown = (): void => {
    shutdown.abort();
    context.live.cancelRestarts();
  };
  let open = true;
  const close = (): void => {
    shutDown();
    if (open) records[Symbol.dispose]();
    open = false;
  };
  return {
    ...parts,
    context,
    calls,
    actions,
    complaints,
    shutDown,
    restart: () => {
      close();
      return engineIn(path, removeDirectory);
    },
    [Symbol.asyncDispose]: async () => {
      close();
      await removeDirectory();
    },
  };
}

type Wishes = Partial<CreateRequest['config']> & {
  name?: string;
  host?: Partial<CreateRequest['hostConfig']>;
};

/** What `docker create box` asks for, with wishes. */
export function createRequest({ name, host, ...config }: Wishes = {}): CreateRequest {
  return {
    name: name ?? null,
    config: {
      image: 'box',
      hostname: '',
      domainname: '',
      user: '',
      env: [],
      entrypoint: null,
      cmd: null,
      workingDir: '',
      labels: {},
      tty: false,
      openStdin: false,
      stdinOnce: false,
      attachStdin: false,
      attachStdout: true,
      attachStderr: true,
      exposedPorts: [],
      volumes: [],
      stopSignal: null,
      stopTimeout: null,
      healthcheck: null,
      shell: [],
      onBuild: [],
      networkDisabled: false,
      ...config,
    },
    hostConfig: { ...toHostConfig(hostConfigWire.parse({})), ...host },
    networks: {},
    platform: null,
  };
}

export async function makeContainer({ context }: FakeEngine, wishes: Wishes = {}): Promise<Container> {
  const { container } = await createContainer(context, createRequest(wishes));
  return container;
}
