import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callApi, type ApiCall, type ApiReply } from './api-client.ts';
import { dockerCli, type DockerCli } from './docker-cli.ts';
import { startProcess, type BackgroundProcess } from './start-process.ts';
import { sweep } from './sweep.ts';
import { makeTempDir } from './temp-dir.ts';

export interface DaemonOptions {
  /** More arguments of `stratad serve`, such as `--registry-mirror URL`. */
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** Program and first arguments instead of the checkout's `backend/main.ts`. */
  program?: readonly string[];
}

/** A real daemon with directories, socket and names of its own. Several live side by side. */
export interface Daemon extends AsyncDisposable {
  readonly root: string;
  readonly socket: string;
  readonly dataRoot: string;
  readonly runRoot: string;
  readonly pid: number;
  /** The unmodified docker CLI, talking to this daemon. */
  readonly docker: DockerCli;
  call(path: string, call?: ApiCall): Promise<ApiReply>;
  /** Its log since the last start. */
  log(): string;
  start(): Promise<void>;
  /** SIGKILL: the daemon dies at whatever instruction it is at. Containers stay. */
  kill(): Promise<void>;
  /** SIGTERM; returns the exit code. @throws when it takes longer than the 5 s that are promised */
  stop(): Promise<number>;
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../backend/main.ts', import.meta.url));

export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  const dir = await makeTempDir('strata-t-');
  const daemon = createDaemon(dir.path, options, () => dir[Symbol.asyncDispose]());
  try {
    await daemon.start();
    return daemon;
  } catch (error) {
    await daemon.dispose();
    throw error;
  }
}

function createDaemon(root: string, options: DaemonOptions, removeRoot: () => PromiseLike<void>): Daemon {
  const socket = join(root, 's.sock');
  const dataRoot = join(root, 'data');
  const runRoot = join(root, 'run');
  let running: BackgroundProcess | null = null;
  const current = () => {
    if (running === null) throw new Error('the daemon is not running');
    return running;
  };
  const start = async () => {
    await mkdir(runRoot, { recursive: true });
    // Containers in user namespaces: their root is nobody here and has to pass to the run root.
    await chmod(root, 0o711);
    running = await spawnDaemon({ socket, dataRoot, runRoot, pidfile: join(root, 'pid') }, options);
  };
  const end = async (signal: NodeJS.Signals, timeout: number) => {
    const code = await current().end(signal, timeout);
    running = null;
    return code;
  };
  const dispose = async () => {
    const ids = await containerIds(dataRoot);
    await removeContainers(socket, start, running === null && ids.length > 0).catch(() => undefined);
    if (running !== null) await end('SIGTERM', 10_000).catch(() => running?.end('SIGKILL'));
    await sweep(root, ids);
    await removeRoot();
  };
  return {
    root,
    socket,
    dataRoot,
    runRoot,
    get pid() {
      return current().pid;
    },
    docker: dockerCli(socket),
    call: (path, call) => callApi(socket, path, call),
    log: () => running?.output() ?? '',
    start,
    kill: async () => {
      await end('SIGKILL', 5_000);
    },
    stop: () => end('SIGTERM', 5_000),
    restart: async () => {
      await end('SIGTERM', 5_000);
      await start();
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

interface Paths {
  socket: string;
  dataRoot: string;
  runRoot: string;
  pidfile: string;
}

function spawnDaemon(paths: Paths, options: DaemonOptions): Promise<BackgroundProcess> {
  const [program = process.execPath, ...first] = options.program ?? [process.execPath, MAIN];
  const args = [
    ...first,
    'serve',
    `--socket=${paths.socket}`,
    `--data-root=${paths.dataRoot}`,
    `--run-root=${paths.runRoot}`,
    `--pidfile=${paths.pidfile}`,
    `--log-level=${options.logLevel ?? 'info'}`,
    ...(options.args ?? []),
  ];
  return startProcess(program, args, {
    env: { ...process.env, ...options.env },
    ready: async () => (await callApi(paths.socket, '/_ping', { timeout: 2_000 })).status === 200,
  });
}

/** Containers that have left a directory: known also when the daemon is dead. */
async function containerIds(dataRoot: string): Promise<string[]> {
  const names = await readdir(join(dataRoot, 'containers')).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name));
}

/** The engine removes its own containers, so that addresses, rules and links go with them. */
async function removeContainers(socket: string, start: () => Promise<void>, needed: boolean): Promise<void> {
  if (needed) await start();
  const list = await callApi(socket, '/containers/json?all=1', { timeout: 5_000 });
  for (const { Id } of list.json() as { Id: string }[]) {
    await callApi(socket, `/containers/${Id}?force=1&v=1`, { method: 'DELETE', timeout: 20_000 });
  }
}
