import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PullEvent } from '../../../../backend/engine/images/pull-progress.ts';
import { makePullFixture, type PullFixture } from './pull-fixture.ts';

describe('pullImage', () => {
  let fixture: PullFixture;
  let registry: PullFixture['registry'];
  let machine: PullFixture['machine'];
  let parts: PullFixture['parts'];
  let pull: PullFixture['pull'];
  let isBlob: PullFixture['isBlob'];

  beforeEach(async () => {
    fixture = await makePullFixture();
    ({ registry, machine, parts, pull, isBlob } = fixture);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  it('records the image with its tag and digest, its blobs and its layers', async () => {
    const image = await pull();
    assert.equal(image.id, parts.configDigest);
    assert.deepEqual(image.tags, [`${registry.host}/image:1`]);
    assert.deepEqual(image.digests, [`${registry.host}/image@${parts.manifestDigest}`]);
    assert.equal(image.size, 900_000);
    assert.equal(machine.layers.list().length, 3);
    assert.deepEqual(
      new Set(await machine.context.blobs.list()),
      new Set([...parts.blobs.keys(), parts.manifestDigest]),
    );
    assert.deepEqual(
      machine.events.map(({ action }) => action),
      ['pull'],
    );
  });

  it('fetches nothing twice', async () => {
    await pull();
    const events: PullEvent[] = [];
    const before = registry.count('/blobs/');
    await pull('image:1', AbortSignal.timeout(5000), (event) => void events.push(event));
    assert.equal(registry.count('/blobs/'), before);
    const end = events.at(-1);
    assert.ok(end?.kind === 'end' && !end.fresh);
    const phases = events.flatMap((event) => (event.kind === 'layer' ? event.phase : []));
    assert.deepEqual(phases, ['exists', 'exists', 'exists']);
  });

  it('applies a kept blob without the network', async () => {
    await pull();
    for (const { diffId } of machine.layers.list()) await machine.layers.remove(diffId);
    const before = registry.count('/blobs/');
    await pull();
    assert.equal(registry.count('/blobs/'), before);
    assert.equal(machine.layers.list().length, 3);
  });

  it('fetches a kept blob again that rotted on the disk', async () => {
    await pull();
    const [layer] = parts.layers;
    assert.ok(layer);
    await machine.layers.remove(layer.diffId);
    const path = join(machine.dataRoot, 'blobs/sha256', layer.descriptor.digest.slice(7));
    await writeFile(path, Buffer.alloc(layer.blob.length));
    await pull();
    assert.ok(machine.layers.has(layer.diffId));
    assert.ok((await machine.context.blobs.read(layer.descriptor.digest)).equals(layer.blob));
  });

  it('pulls by digest without giving a tag', async () => {
    const image = await pull(`image@${parts.manifestDigest}`);
    assert.deepEqual(image.tags, []);
    assert.deepEqual(image.digests, [`${registry.host}/image@${parts.manifestDigest}`]);
  });

  it('shares the download of a layer between pulls that run at once', async () => {
    await Promise.all([pull(), pull(), pull()]);
    for (const { descriptor } of parts.layers) assert.equal(registry.count(descriptor.digest), 1);
  });

  it('goes on for others when one of the pulls of an image is aborted', async () => {
    const leave = new AbortController();
    registry.fault = (_request, _response, url) => {
      if (isBlob(url)) setTimeout(() => leave.abort(), 5);
      return false;
    };
    const [aborted, whole] = await Promise.allSettled([pull('image:1', leave.signal), pull()]);
    assert.equal(whole.status, 'fulfilled');
    if (aborted.status === 'rejected') assert.match(String(aborted.reason), /abort/i);
    assert.equal(machine.layers.list().length, 3);
  });
});
