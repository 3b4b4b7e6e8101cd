import { after, before } from 'mocha';
import type { TestImage } from '../setup/images/ensure-image.ts';
import { startImageRegistry } from './image-registry.ts';
import { startDaemon, type Daemon, type DaemonOptions } from './start-daemon.ts';
import type { Registry } from './start-registry.ts';

export interface Fixture {
  readonly daemon: Daemon;
  readonly registry: Registry;
  /** The full name of a test image on this registry. */
  image(name: TestImage): string;
}

/**
 * One daemon and one registry for the tests of a `describe`, with the images pulled. What is left of them
 * goes when the last test is over, also after a failure, whose daemon log is then printed.
 */
export function useDaemon(images: readonly TestImage[], options: DaemonOptions = {}): Fixture {
  let daemon: Daemon | undefined;
  let registry: Registry | undefined;
  before(async function () {
    this.timeout(180_000);
    registry = await startImageRegistry(images);
    daemon = await startDaemon(options);
    for (const name of images) await daemon.docker.ok(['pull', '-q', `${registry.host}/${name}`]);
  });
  after(async function () {
    this.timeout(60_000);
    await daemon?.dispose();
    await registry?.[Symbol.asyncDispose]();
  });
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the fixture is there only inside tests');
    return value;
  };
  return {
    get daemon() {
      return there(daemon);
    },
    get registry() {
      return there(registry);
    },
    image: (name) => `${there(registry).host}/${name}`,
  };
}
