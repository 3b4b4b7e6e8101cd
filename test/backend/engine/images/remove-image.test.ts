import assert from 'node:assert/strict';
import { collectGarbage } from '../../../../backend/engine/images/collect-garbage.ts';
import { holdImage } from '../../../../backend/engine/images/hold-image.ts';
import { imageHistory } from '../../../../backend/engine/images/image-history.ts';
import { listImages } from '../../../../backend/engine/images/list-images.ts';
import { pruneImages } from '../../../../backend/engine/images/prune-images.ts';
import { pullImage } from '../../../../backend/engine/images/pull-image.ts';
import { removeImage } from '../../../../backend/engine/images/remove-image.ts';
import { tagImage } from '../../../../backend/engine/images/tag-image.ts';
import type { Image } from '../../../../backend/image/image-store.ts';
import { parseReference } from '../../../../backend/oci/reference.ts';
import { file } from '../../../setup/images/tar-layer.ts';
import { startHostileRegistry, type HostileRegistry } from '../../../support/hostile-registry.ts';
import { makeTestImages } from '../../../support/image-context.ts';
import { makeImageParts } from '../../../support/image-parts.ts';

describe('images on this machine', () => {
  let registry: HostileRegistry;
  let machine: Awaited<ReturnType<typeof makeTestImages>>;
  let base: Image;
  let app: Image;

  const pull = (name: string): Promise<Image> =>
    pullImage(
      machine.context,
      { reference: parseReference(`${registry.host}/${name}`), signal: AbortSignal.timeout(10_000) },
      () => undefined,
    );
  const use = (image: Image, running: boolean): void =>
    void machine.uses.push({
      imageId: image.id,
      diffIds: image.diffIds,
      containerId: 'c'.repeat(64),
      running,
    });
  const force = { force: true };
  const gently = { force: false };

  beforeEach(async () => {
    registry = await startHostileRegistry();
    machine = await makeTestImages();
    registry.serveImage(
      '1',
      await makeImageParts({ layers: [[file('base', 'base')]], config: { created: '2020-01-01T00:00:00Z' } }),
    );
    registry.serveImage(
      '2',
      await makeImageParts({ layers: [[file('base', 'base')], [file('app', 'app')]] }),
    );
    base = await pull('base:1');
    app = await pull('app:2');
  });
  afterEach(async () => {
    await machine[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it('are found by name, digest, id and prefix', () => {
    const { images } = machine.context;
    const hex = app.id.slice('sha256:'.length);
    for (const name of [
      `${registry.host}/app:2`,
      app.digests[0] ?? '',
      app.id,
      hex,
      hex.slice(0, 12),
      app.id.slice(0, 20),
    ])
      assert.equal(images.resolve(name).id, app.id);
    for (const name of ['nope', 'Not/A Name', `${registry.host}/app`, 'sha256:ffffffffffff'])
      assert.throws(() => images.resolve(name), /No such image/);
  });

  it('lose one name of several and stay', async () => {
    tagImage(machine.context, app.id, parseReference('mine/app'));
    const removed = await removeImage(machine.context, 'mine/app:latest', gently);
    assert.deepEqual(removed, [{ untagged: 'mine/app:latest' }]);
    assert.deepEqual(machine.context.images.resolve(app.id).tags, app.tags);
  });

  it('go with their last name, and leave what others share', async () => {
    const removed = await removeImage(machine.context, `${registry.host}/app:2`, gently);
    assert.deepEqual(removed, [
      { untagged: `${registry.host}/app:2` },
      { untagged: app.digests[0] },
      { deleted: app.id },
      { deleted: app.diffIds[1] },
    ]);
    assert.deepEqual(
      machine.layers.list().map(({ diffId }) => diffId),
      base.diffIds,
    );
    assert.equal((await machine.context.blobs.list()).length, 3);
    await removeImage(machine.context, base.id.slice(7, 19), gently);
    assert.deepEqual(machine.leftovers(), []);
    assert.deepEqual(machine.layers.list(), []);
  });

  it('are kept by a stopped container, unless forced', async () => {
    use(app, false);
    await assert.rejects(
      removeImage(machine.context, `${registry.host}/app:2`, gently),
      /must force.*cccccccccccc is using/,
    );
    await assert.rejects(
      removeImage(machine.context, app.id, gently),
      /must be forced.*stopped container cccccccccccc/,
    );
    assert.equal(machine.context.images.list().length, 2);
    await removeImage(machine.context, app.id, force);
    assert.equal(machine.context.images.list().length, 1);
    // The container still runs on its layers.
    assert.equal(machine.layers.list().length, 2);
  });

  it('are kept by a running container, also when forced', async () => {
    use(app, true);
    await assert.rejects(removeImage(machine.context, app.id, force), /cannot be forced.*running container/);
    const removed = await removeImage(machine.context, `${registry.host}/app:2`, force);
    assert.ok(removed.every((removal) => 'untagged' in removal));
    assert.ok(machine.context.images.get(app.id));
  });

  it('with names in several repositories go by id only when forced', async () => {
    tagImage(machine.context, app.id, parseReference('other/app:1'));
    await assert.rejects(removeImage(machine.context, app.id, gently), /referenced in multiple repositories/);
    await removeImage(machine.context, app.id, force);
    assert.equal(machine.context.images.get(app.id), undefined);
  });

  it('pass a tag on to the image that gets it', () => {
    tagImage(machine.context, base.id, parseReference(`${registry.host}/app:2`));
    assert.deepEqual(machine.context.images.resolve(app.id).tags, []);
    assert.equal(machine.context.images.resolve(`${registry.host}/app:2`).id, base.id);
    assert.throws(() => tagImage(machine.context, 'nope', parseReference('x')), /No such image: nope/);
  });

  it('are listed newest first, by filter', () => {
    const none = { references: [], labels: [], before: [], since: [] };
    const ids = (request: object): string[] =>
      listImages(machine.context, { ...none, ...request }).map(({ image }) => image.id);
    assert.deepEqual(ids({}), [app.id, base.id]);
    assert.deepEqual(ids({ references: ['*/app'] }), [app.id]);
    assert.deepEqual(ids({ references: ['app'] }), []);
    assert.deepEqual(ids({ before: [app.id] }), [base.id]);
    assert.deepEqual(ids({ since: [base.id] }), [app.id]);
    assert.deepEqual(ids({ labels: [{ key: 'tier', value: 'test' }] }).length, 2);
    assert.deepEqual(ids({ labels: [{ key: 'tier', value: 'prod' }] }), []);
    assert.deepEqual(ids({ dangling: true }), []);
    assert.equal(listImages(machine.context, none)[0]?.sharedSize, 4);
  });

  it('tell what made each layer, also where the history is silent', () => {
    const history = [{ created_by: 'FROM x', empty_layer: true }, { created_by: 'COPY base' }];
    const told = imageHistory({ config: { ...app.config, history }, diffIds: app.diffIds }, machine.layers);
    assert.deepEqual(
      told.map(({ instruction, layer, size }) => [instruction, layer, size]),
      [
        ['FROM x', null, 0],
        ['COPY base', 0, 4],
        ['', 1, 3],
      ],
    );
  });

  it('are pruned when nothing uses them', async () => {
    use(base, false);
    const all = { danglingOnly: false, labels: [], withoutLabels: [] };
    assert.deepEqual(await pruneImages(machine.context, { ...all, danglingOnly: true }), {
      removals: [],
      bytes: 0,
    });
    const { removals, bytes } = await pruneImages(machine.context, all);
    assert.ok(removals.some((removal) => 'deleted' in removal && removal.deleted === app.id));
    assert.equal(bytes, 3);
    assert.deepEqual(
      machine.context.images.list().map(({ id }) => id),
      [base.id],
    );
  });

  it('survive the gc, which takes the rest but nothing under a lease', async () => {
    const { images, layers } = machine.context;
    assert.deepEqual(await collectGarbage(machine.context), { layers: [], blobs: [], bytes: 0 });
    const { lease } = await holdImage(machine.context, app.id);
    images.remove(app.id);
    await collectGarbage(machine.context);
    assert.equal(layers.list().length, 2);
    lease[Symbol.dispose]();
    await collectGarbage(machine.context);
    assert.equal(layers.list().length, 1);
    await assert.rejects(holdImage(machine.context, app.id), /No such image/);
  });
});
