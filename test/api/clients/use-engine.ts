import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before } from 'mocha';
import type { TestImage } from '../../setup/images/ensure-image.ts';
import { callApi, type ApiCall, type ApiReply } from '../../support/api-client.ts';
import { startImageRegistry } from '../../support/image-registry.ts';
import { startDaemon } from '../../support/start-daemon.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

export interface Engine {
  readonly socket: string;
  /** A directory of the host that the engine can bind into containers. */
  readonly work: string;
  call(path: string, call?: ApiCall): Promise<ApiReply>;
  /** Removes every container, network and volume that a test has made. */
  clear(): Promise<void>;
}

/** Another engine to run the same tests against: how it was checked that they ask for what Docker does. */
const OTHER = process.env['STRATA_TEST_ENGINE'];

/**
 * An engine with the images under their short names, for the tests of a `describe`. Each test finds it
 * without containers, networks or volumes.
 */
export function useEngine(images: readonly TestImage[]): Engine {
  const stack = new AsyncDisposableStack();
  let socket = '';
  let work = '';
  before(async function () {
    this.timeout(180_000);
    work = stack.use(await makeTempDir('strata-c-', process.env['STRATA_TEST_WORK'])).path;
    socket = OTHER ?? (await startWithImages(stack, images));
    await clear(socket);
  });
  afterEach(async function () {
    this.timeout(60_000);
    await clear(socket);
  });
  after(async function () {
    this.timeout(60_000);
    await stack.disposeAsync();
  });
  return {
    get socket() {
      return socket;
    },
    get work() {
      return work;
    },
    call: (path, call) => callApi(socket, path, call),
    clear: () => clear(socket),
  };
}

/** A fresh directory below the engine's. */
export async function makeWork(engine: Engine, name: string): Promise<string> {
  const path = join(engine.work, name);
  await mkdir(path, { recursive: true });
  return path;
}

async function startWithImages(stack: AsyncDisposableStack, images: readonly TestImage[]): Promise<string> {
  await using registry = await startImageRegistry(images);
  const daemon = stack.use(await startDaemon());
  for (const name of images) {
    const from = `${registry.host}/${name}`;
    await daemon.docker.ok(['pull', '-q', from]);
    await daemon.docker.ok(['tag', from, name]);
    await daemon.docker.ok(['rmi', from]);
  }
  return daemon.socket;
}

async function clear(socket: string): Promise<void> {
  const list = await callApi(socket, '/containers/json?all=1');
  const remove = (path: string) => callApi(socket, path, { method: 'DELETE' });
  for (const { Id } of list.json() as { Id: string }[]) await remove(`/containers/${Id}?force=1&v=1`);
  const networks = (await callApi(socket, '/networks')).json() as { Name: string; Id: string }[];
  for (const { Name, Id } of networks) {
    if (!['bridge', 'host', 'none'].includes(Name)) await remove(`/networks/${Id}`);
  }
  const volumes = (await callApi(socket, '/volumes')).json() as { Volumes: { Name: string }[] | null };
  for (const { Name } of volumes.Volumes ?? []) await remove(`/volumes/${Name}?force=1`);
}
