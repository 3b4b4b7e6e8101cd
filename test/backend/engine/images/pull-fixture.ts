import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { codeOf, messageOf, type ErrorCode } from '../../../../backend/base/errors.ts';
import { pullImage } from '../../../../backend/engine/images/pull-image.ts';
import type { PullEvent } from '../../../../backend/engine/images/pull-progress.ts';
import type { Image } from '../../../../backend/image/image-store.ts';
import { parseReference } from '../../../../backend/oci/reference.ts';
import { directory, file } from '../../../setup/images/tar-layer.ts';
import { startHostileRegistry, type HostileRegistry } from '../../../support/hostile-registry.ts';
import { makeTestImages } from '../../../support/image-context.ts';
import { makeImageParts, type ImageParts } from '../../../support/image-parts.ts';

type Machine = Awaited<ReturnType<typeof makeTestImages>>;

/** A registry with `image:1` of three layers, and a machine that pulls from it. */
export interface PullFixture extends AsyncDisposable {
  registry: HostileRegistry;
  machine: Machine;
  parts: ImageParts;
  pull(
    name?: string,
    signal?: AbortSignal,
    onEvent?: (event: PullEvent) => void,
    platform?: { os: string; architecture: string },
  ): Promise<Image>;
  /** The pull fails with this code and message, and nothing of it is left. */
  fails(code: ErrorCode, message: RegExp, work?: Promise<unknown>): Promise<void>;
  /** Whether a request is for the blob of that layer, and the blob. */
  isBlob(url: string, at?: number): boolean;
  blobOf(at?: number): Buffer;
}

export async function makePullFixture(): Promise<PullFixture> {
  const noise = (at: number) => file(`f${at}`, randomBytes(300_000));
  const parts = await makeImageParts({ layers: [[directory('a'), noise(0)], [noise(1)], [noise(2)]] });
  const registry = await startHostileRegistry();
  const machine = await makeTestImages();
  registry.serveImage('1', parts);
  const pull: PullFixture['pull'] = (
    name = 'image:1',
    signal = AbortSignal.timeout(15_000),
    onEvent = () => undefined,
    platform,
  ) => {
    const reference = parseReference(`${registry.host}/${name}`);
    return pullImage(machine.context, { reference, signal, platform }, onEvent);
  };
  return {
    registry,
    machine,
    parts,
    pull,
    fails: async (code, message, work = pull()) => {
      const error: unknown = await work.then(
        () => assert.fail('the pull succeeded'),
        (reason: unknown) => reason,
      );
      assert.match(messageOf(error), message);
      assert.equal(codeOf(error), code, messageOf(error));
      assertNothingLeft(machine);
      assert.deepEqual(machine.context.images.list(), []);
    },
    isBlob: (url, at = 1) => url.endsWith(`blobs/${parts.layers[at]?.descriptor.digest ?? ''}`),
    blobOf: (at = 1) => parts.layers[at]?.blob ?? Buffer.alloc(0),
    [Symbol.asyncDispose]: async () => {
      await machine[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

export function assertNothingLeft(machine: Machine): void {
  assert.deepEqual(machine.leftovers(), []);
  assert.deepEqual(machine.layers.list(), []);
  assert.equal(machine.layers.underway, 0);
}
