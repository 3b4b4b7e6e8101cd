import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { strataLayerRoutes } from '../../../../backend/api/strata/layer-routes.ts';
import {
  layerChangesSchema,
  layerStackSchema,
  mergedTreeSchema,
  provenanceSchema,
  type LayerChanges,
  type LayerStack,
  type MergedTree,
  type Provenance,
} from '../../../../backend/api/wire/strata-layers.ts';
import { notFound } from '../../../../backend/base/errors.ts';
import { pullImage } from '../../../../backend/engine/images/pull-image.ts';
import type { Image } from '../../../../backend/image/image-store.ts';
import { parseReference } from '../../../../backend/oci/reference.ts';
import { directory, file } from '../../../setup/images/tar-layer.ts';
import { startHostileRegistry, type HostileRegistry } from '../../../support/hostile-registry.ts';
import { serveRoutes, type RoutesServer } from '../../../support/image-api.ts';
import { makeTestImages } from '../../../support/image-context.ts';
import { makeImageParts } from '../../../support/image-parts.ts';
import { makeTempDir, type TempDir } from '../../../support/temp-dir.ts';

describe('layer routes', () => {
  let registry: HostileRegistry;
  let machine: Awaited<ReturnType<typeof makeTestImages>>;
  let api: RoutesServer;
  let upper: TempDir;
  let image: Image;
  let base: string;
  const container = '/strata/v1/containers/web';

  before(async () => {
    registry = await startHostileRegistry();
    machine = await makeTestImages();
    upper = await makeTempDir('strata-upper-');
    const bottom = [directory('etc'), file('etc/conf', 'one'), file('etc/same', 'same')];
    registry.serveImage(
      '1',
      await makeImageParts({ layers: [bottom, [directory('etc'), file('etc/conf', 'two!')]] }),
    );
    image = await pullImage(
      machine.context,
      { reference: parseReference(`${registry.host}/app:1`), signal: AbortSignal.timeout(10_000) },
      () => undefined,
    );
    base = `/strata/v1/images/${registry.host}/app:1`;
    await mkdir(join(upper.path, 'etc'));
    await writeFile(join(upper.path, 'etc/conf'), 'three');
    await symlink('/etc/hostname', join(upper.path, 'link'));
    const containerStack = async (id: string) => {
      if (id !== 'web') throw notFound(`No such container: ${id}`);
      const mounts = [{ destination: '/data', description: 'volume data' }];
      const { id: imageId, diffIds } = image;
      return { id: 'w'.repeat(64), imageId, diffIds, upperDir: upper.path, idMapping: null, mounts };
    };
    api = await serveRoutes(strataLayerRoutes({ context: machine.context, containerStack }));
  });
  after(async () => {
    await api[Symbol.asyncDispose]();
    await upper[Symbol.asyncDispose]();
    await machine[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it('tell the stack of an image, bottom first', async () => {
    const stack = await api.get<LayerStack>(`${base}/layers`);
    assert.deepEqual(layerStackSchema.parse(stack), stack);
    assert.deepEqual(
      stack.layers.map(({ position, kind, size, files, instruction }) => [
        position,
        kind,
        size,
        files,
        instruction,
      ]),
      [
        [0, 'image', 7, 3, 'COPY 0'],
        [1, 'image', 4, 2, 'COPY 1'],
      ],
    );
    assert.equal(stack.container, null);
    assert.equal(stack.layers[0]?.digest, image.manifest.layers[0]?.digest);
  });

  it('add the writable layer for a container', async () => {
    const stack = await api.get<LayerStack>(`${container}/layers`);
    assert.deepEqual(layerStackSchema.parse(stack), stack);
    const top = stack.layers.at(-1);
    assert.deepEqual([top?.kind, top?.position, top?.digest, top?.size], ['writable', 2, null, 5]);
  });

  it('tell what a layer changes', async () => {
    const changes = await api.get<LayerChanges>(`${base}/layers/1/changes`);
    assert.deepEqual(layerChangesSchema.parse(changes), changes);
    const conf = changes.changes.find(({ path }) => path === '/etc/conf');
    assert.deepEqual(
      [conf?.change, conf?.shadows, conf?.shadowed?.size, conf?.file?.size],
      ['modified', 0, 3, 4],
    );
    assert.ok(!changes.changes.some(({ path }) => path === '/etc/same'));
    const written = await api.get<LayerChanges>(`${container}/changes`);
    assert.deepEqual(
      written.changes.filter(({ path }) => path !== '/etc').map(({ path, change }) => [path, change]),
      [
        ['/etc/conf', 'modified'],
        ['/link', 'added'],
      ],
    );
  });

  it('tell the merged view at any layer', async () => {
    const at = async (query: string): Promise<MergedTree> => {
      const tree = await api.get<MergedTree>(`${base}/tree?${query}`);
      assert.deepEqual(mergedTreeSchema.parse(tree), tree);
      return tree;
    };
    const sizes = (tree: MergedTree): unknown =>
      tree.entries.map(({ path, layer, file }) => [path, layer, file.size]);
    assert.deepEqual(sizes(await at('path=/etc')), [
      ['/etc/conf', 1, 4],
      ['/etc/same', 0, 4],
    ]);
    assert.deepEqual(sizes(await at('path=/etc&at=0')), [
      ['/etc/conf', 0, 3],
      ['/etc/same', 0, 4],
    ]);
    assert.equal((await at('recursive=1')).entries.length, 3);
    assert.equal((await at('')).entries.length, 1);
  });

  it('tell who provides a path, the winner first', async () => {
    const found = await api.get<Provenance>(`${container}/provenance?path=/etc/conf`);
    assert.deepEqual(provenanceSchema.parse(found), found);
    assert.deepEqual(
      found.providers.map(({ kind, layer, role, file }) => [kind, layer, role, file?.size]),
      [
        ['writable', 2, 'wins', 5],
        ['layer', 1, 'shadowed', 4],
        ['layer', 0, 'shadowed', 3],
      ],
    );
    const absent = await api.get<Provenance>(`${base}/provenance?path=/nothing`);
    assert.deepEqual([absent.exists, absent.providers], [false, []]);
    const mounted = await api.get<Provenance>(`${container}/provenance?path=/data/x`);
    assert.deepEqual([mounted.providers[0]?.kind, mounted.providers[0]?.role], ['mount', 'wins']);
  });

  it('send the file of a view and of one layer', async () => {
    const read = async (path: string): Promise<unknown> => (await api.call('GET', path)).body;
    assert.equal(await read(`${base}/file?path=/etc/conf`), 'two!');
    assert.equal(await read(`${base}/file?path=/etc/conf&at=0`), 'one');
    assert.equal(await read(`${base}/file?path=/etc/conf&layer=0`), 'one');
    assert.equal(await read(`${container}/file?path=/etc/same`), 'same');
  });

  it('send a file of the writable layer and follow no link out of it', async () => {
    assert.equal((await api.call('GET', `${container}/file?path=/etc/conf`)).body, 'three');
    assert.equal((await api.call('GET', `${container}/file?path=/link`)).status, 404);
  });

  it('answer 404 and 400 for what is not there and what is malformed', async () => {
    const status = async (path: string): Promise<number> => (await api.call('GET', path)).status;
    for (const path of [
      '/strata/v1/images/nope/layers',
      '/strata/v1/containers/nope/layers',
      `${base}/layers/2/changes`,
      `${base}/tree?at=9`,
      `${base}/tree?path=/nothing`,
      `${base}/file?path=/etc`,
      `${base}/file?path=/nothing`,
      `${base}/file?path=/etc/same&layer=1`,
    ])
      assert.equal(await status(path), 404, path);
    for (const path of [
      `${base}/layers/x/changes`,
      `${base}/tree?at=x`,
      `${base}/file`,
      `${base}/provenance`,
      `${base}/file?path=/etc/../../x`,
    ])
      assert.equal(await status(path), 400, path);
  });
});
