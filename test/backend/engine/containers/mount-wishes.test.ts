import assert from 'node:assert/strict';
import { collectMounts } from '../../../../backend/engine/containers/collect-mounts.ts';
import { createContainer } from '../../../../backend/engine/containers/create.ts';
import { checkPropagation } from '../../../../backend/engine/containers/check-propagation.ts';
import { parseBind, parseVolumesFrom, plainMount } from '../../../../backend/engine/containers/parse-bind.ts';
import { removeContainer } from '../../../../backend/engine/containers/remove.ts';
import { createRequest, makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';

const refused = { code: 'invalid-argument' };

describe('a -v string says', () => {
  it('how deep read-only goes', () => {
    const depth = (mode: string) => {
      const { readOnly, readOnlyDepth } = parseBind(`/a:/b:${mode}`);
      return [readOnly, readOnlyDepth];
    };
    assert.deepEqual(depth('ro'), [true, '']);
    assert.deepEqual(depth('ro-non-recursive'), [true, 'non-recursive']);
    assert.deepEqual(depth('rro'), [true, 'force-recursive']);
    assert.deepEqual(depth('rw'), [false, '']);
    assert.throws(() => parseBind('vol:/b:rro'), { ...refused, message: /requires a bind mount/ });
  });

  it('each thing once, and nothing else', () => {
    for (const bad of ['/a:/b:ro,rw', '/a:/b:shared,slave', '/a:/b:fast', '/foo:rw', 'a:/b:c:d'])
      assert.throws(() => parseBind(bad), refused, bad);
  });

  it('which volumes come from whom', () => {
    assert.deepEqual(parseVolumesFrom('c:ro'), { name: 'c', readOnly: true });
    assert.deepEqual(parseVolumesFrom('c'), { name: 'c', readOnly: false });
    for (const bad of ['', 'c:shared', 'c:nocopy', 'c:x'])
      assert.throws(() => parseVolumesFrom(bad), refused);
  });
});

describe('what a new container mounts', () => {
  it('is its own wish before what others have, and that before the image’s volumes', async () => {
    await using engine = await makeEngine();
    const donor = await makeContainer(engine, {
      name: 'donor',
      host: { binds: ['shared:/a', '/tmp:/b:ro', 'other:/c'] },
    });
    const { config, hostConfig } = createRequest({ volumes: ['/c', '/d'] });
    const { requests, inherited } = collectMounts(
      engine.context,
      { ...donor.config, ...config, volumes: config.volumes, entrypoint: [], cmd: [], stopSignal: '' },
      { ...hostConfig, binds: ['mine:/a'], volumesFrom: ['donor'] },
    );
    assert.deepEqual(
      requests.map(({ source, target }) => [source, target]),
      [
        ['mine', '/a'],
        ['', '/d'],
      ],
    );
    assert.deepEqual(
      inherited.map(({ destination, readOnly, copyUp }) => [destination, readOnly, copyUp]),
      [
        ['/b', true, false],
        ['/c', false, false],
      ],
    );
  });

  it('is refused before anything is made', async () => {
    await using engine = await makeEngine();
    const wishes: [Parameters<typeof createRequest>[0], RegExp][] = [
      [{ host: { binds: ['one:/a', 'two:/a'] } }, /Duplicate mount point: \/a/],
      [{ host: { binds: ['one:/a'], capAdd: ['FLY'] } }, /invalid CapAdd: unknown capability: "FLY"/],
      [{ host: { binds: ['one:/a'], runtime: 'kata' } }, /unknown or invalid runtime name: kata/],
      [{ host: { binds: ['one:/a'], volumeDriver: 'nfs' } }, /error looking up volume plugin nfs/],
      [
        { host: { binds: ['one:/a'], sysctls: { 'kernel.panic': '1' } } },
        /not in a separate kernel namespace/,
      ],
      [{ host: { binds: ['one:/a'], securityOpt: ['what'] } }, /invalid --security-opt/],
      [{ host: { binds: ['one:/a'], tmpfs: { '/t': 'colour' } } }, /invalid tmpfs option/],
      [{ host: { binds: ['one:/a'], tmpfs: { t: '' } } }, /mount path must be absolute/],
      [
        {
          host: {
            binds: ['one:/a'],
            mounts: [{ ...plainMount('/i'), type: 'image', source: 'nowhere' }],
          },
        },
        /No such image/,
      ],
    ];
    for (const [wish, words] of wishes)
      await assert.rejects(createContainer(engine.context, createRequest(wish)), { message: words });
    assert.deepEqual([...engine.volumes.byName.keys()], []);
    assert.deepEqual([...engine.snapshotter.prepared], []);
  });

  it('takes back new volumes when the container cannot be made, and keeps those that were there', async () => {
    await using engine = await makeEngine();
    await engine.volumes.ensure('old');
    engine.snapshotter.prepareFunc = async () => {
      throw new Error('the disk is full');
    };
    const host = { binds: ['old:/a', 'new:/b', '/c'] };
    await assert.rejects(createContainer(engine.context, createRequest({ host })), /disk is full/);
    assert.deepEqual([...engine.volumes.byName.keys()], ['old']);
  });

  it('views of images have snapshots of their own, which go with the container', async () => {
    await using engine = await makeEngine();
    const mount = { ...plainMount('/img'), type: 'image' as const, source: 'box' };
    const container = await makeContainer(engine, { host: { mounts: [mount] } });
    assert.equal(engine.snapshotter.prepared.size, 2);
    assert.equal(container.mountPoints[0]?.image?.id, container.imageId);
    await removeContainer(engine.context, container.id, { force: false, volumes: false });
    assert.equal(engine.snapshotter.prepared.size, 0);
  });
});

describe('propagation', () => {
  const mounts = [
    '1 0 8:1 / / rw - ext4 /dev/a rw',
    '2 1 8:2 / /shared rw shared:5 - ext4 /dev/b rw',
    '3 1 8:3 / /tmp rw master:5 - ext4 /dev/c rw',
  ].join('\n');

  it('is taken where the host’s mount gives it', () => {
    checkPropagation('/etc', '', mounts);
    checkPropagation('/etc', 'rprivate', mounts);
    checkPropagation('/tmp', 'rslave', mounts);
  });

  it('is refused where nothing would ever arrive', () => {
    assert.throws(() => checkPropagation('/etc', 'rshared', mounts), {
      message: 'path /etc is mounted on / but it is not a shared mount',
    });
    assert.throws(() => checkPropagation('/etc', 'slave', mounts), /not a shared or slave mount/);
    assert.throws(() => checkPropagation('/tmp', 'shared', mounts), /\/tmp is mounted on \/tmp/);
  });
});
