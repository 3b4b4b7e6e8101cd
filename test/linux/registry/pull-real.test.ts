import assert from 'node:assert/strict';
import { join } from 'node:path';
import { silentLogger } from '../../../backend/base/logger.ts';
import { pullImage } from '../../../backend/engine/images/pull-image.ts';
import { removeImage } from '../../../backend/engine/images/remove-image.ts';
import type { Image } from '../../../backend/image/image-store.ts';
import {
  createDirectoryLayerStore,
  type DirectoryLayerStore,
} from '../../../backend/layer/directory-store.ts';
import { hostPlatform } from '../../../backend/oci/platform.ts';
import { parseReference } from '../../../backend/oci/reference.ts';
import { ensureImage } from '../../setup/images/ensure-image.ts';
import { makeImagesWith, type TestImages } from '../../support/image-context.ts';
import { runOk } from '../../support/run.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { startRegistry, type Registry } from '../../support/start-registry.ts';
import { readFile, readdir, writeFile } from 'node:fs/promises';

describe('pulling from the reference registry', function () {
  this.timeout(120_000);
  let registry: Registry;
  let machine: TestImages<DirectoryLayerStore>;

  before(async () => {
    registry = await startRegistry();
  });
  after(() => registry[Symbol.asyncDispose]());
  beforeEach(async () => {
    machine = await makeImagesWith((layout) => createDirectoryLayerStore({ layout, logger: silentLogger }), {
      stallTimeout: 10_000,
    });
  });
  afterEach(async () => {
    await machine.layers.close();
    await machine[Symbol.asyncDispose]();
  });

  const pull = (name: string): Promise<Image> =>
    pullImage(
      { ...machine.context, platform: hostPlatform() },
      { reference: parseReference(name), signal: AbortSignal.timeout(60_000) },
      () => undefined,
    );
  const skopeo = (...args: string[]): Promise<string> =>
    runOk('skopeo', ['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false', ...args]);
  /** Pushes the demo image with its layers decompressed, and compressed anew if told so. */
  const pushPlain = async (to: Registry, tag: string, ...options: string[]): Promise<string> => {
    const name = `${to.host}/${tag}:1`;
    await using plain = await makeTempDir('strata-plain-');
    await skopeo('--dest-decompress', `oci:${await ensureImage('demo')}`, `dir:${plain.path}`);
    await skopeo(...options, `dir:${plain.path}`, `docker://${name}`);
    return name;
  };
  const mediaTypes = ({ manifest }: Image): string[] => [
    ...new Set(manifest.layers.map(({ mediaType }) => mediaType)),
  ];

  it('has the same layers whatever they are compressed with', async () => {
    const gzip = await pull(await registry.push(await ensureImage('demo'), 'demo:gzip'));
    // In a registry of its own: skopeo would find the gzip blobs in the other one and mount those.
    await using fresh = await startRegistry();
    const zstdName = await pushPlain(fresh, 'zstd', '--dest-compress-format', 'zstd');
    const sizes = new Map(machine.layers.list().map(({ diffId, size }) => [diffId, size]));
    await removeImage(machine.context, gzip.id, { force: true });
    assert.deepEqual(machine.leftovers(), []);
    const zstd = await pull(zstdName);
    assert.ok(
      mediaTypes(zstd).every((type) => type.endsWith('+zstd')),
      mediaTypes(zstd).join(),
    );
    assert.deepEqual(zstd.diffIds, gzip.diffIds);
    assert.deepEqual(new Map(machine.layers.list().map(({ diffId, size }) => [diffId, size])), sizes);
  });

  it('takes layers that are not compressed', async () => {
    const image = await pull(await pushPlain(registry, 'plain', '--preserve-digests'));
    assert.deepEqual(mediaTypes(image), ['application/vnd.oci.image.layer.v1.tar']);
    assert.deepEqual(
      image.manifest.layers.map(({ digest }) => digest),
      image.diffIds,
    );
  });

  it('takes Docker’s own manifests', async () => {
    const image = await pull(await pushPlain(registry, 'docker', '--format', 'v2s2'));
    assert.match(image.manifestDescriptor.mediaType, /docker\.distribution\.manifest\.v2/);
    assert.ok(image.size > 0);
  });

  it('fails on a blob that rotted in the registry’s storage, and leaves nothing', async () => {
    const name = await registry.push(await ensureImage('busybox'), 'rotten');
    const whole = await pull(name);
    const digest = whole.manifest.layers[0]?.digest.slice(7) ?? '';
    await removeImage(machine.context, whole.id, { force: true });
    const path = join(
      registry.storage,
      'docker/registry/v2/blobs/sha256',
      digest.slice(0, 2),
      digest,
      'data',
    );
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
    await writeFile(path, bytes);
    await assert.rejects(pull(name), /sha256:/);
    assert.deepEqual(machine.leftovers(), []);
    await writeFile(path, bytes.subarray(0, middle));
    await assert.rejects(pull(name), /sha256:/);
    assert.deepEqual(machine.leftovers(), []);
    assert.deepEqual(await readdir(join(machine.dataRoot, 'layers')), []);
  });

  it('says what is missing in its words', async () => {
    await assert.rejects(
      pull(`${registry.host}/nothing:1`),
      /manifest for .*\/nothing:1 not found at .*manifest unknown/,
    );
  });
});
