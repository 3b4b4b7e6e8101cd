import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../../../backend/base/logger.ts';
import { createLayout, type Layout } from '../../../backend/store/layout.ts';
import { openRecords, type Records } from '../../../backend/store/records.ts';
import { createVolumes } from '../../../backend/volume/create-volumes.ts';
import { isMounted, unmountVolume } from '../../../backend/volume/volume-mounts.ts';
import { openVolumeTable } from '../../../backend/volume/volume-records.ts';
import type { Volumes } from '../../../backend/volume/volumes.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

const TMPFS = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,mode=0750,uid=77' };

describe('volumes that are mounted from somewhere else', () => {
  let dir: TempDir;
  let layout: Layout;
  let records: Records;
  let volumes: Volumes;
  let told: string[];

  beforeEach(async () => {
    // A space in the path: the kernel's table of mounts writes it as \040.
    dir = await makeTempDir('strata volume-');
    layout = createLayout(join(dir.path, 'data'), join(dir.path, 'run'));
    await mkdir(layout.dataRoot);
    start();
  });
  afterEach(async () => {
    for (const { mountpoint } of volumes.list()) unmountVolume(mountpoint);
    records[Symbol.dispose]();
    await dir[Symbol.asyncDispose]();
  });

  function start(): void {
    told = [];
    records = openRecords(layout.database);
    const tell = (action: string, { name }: { name: string }): void => void told.push(`${action} ${name}`);
    volumes = createVolumes({ layout, records, logger: silentLogger, tell });
  }
  async function restart(holds: Parameters<Volumes['recover']>[0]): Promise<void> {
    records[Symbol.dispose]();
    start();
    await volumes.recover(holds);
  }
  const create = (name: string, options: Record<string, string>) =>
    volumes.create({ name, driver: 'local', options, labels: {} });
  const hold = (name: string, holder: string) => volumes.hold({ name, holder });
  const release = (name: string, holder: string) => volumes.release({ name, holder });
  async function bind(): Promise<{ host: string; mountpoint: string }> {
    const host = join(dir.path, 'host');
    await mkdir(host);
    await writeFile(join(host, 'precious'), 'kept');
    const { mountpoint } = await create('bound', { type: 'none', device: host, o: 'bind' });
    return { host, mountpoint };
  }

  it('are mounted with their first user and unmounted with the last', async () => {
    const { mountpoint } = await create('tmp', TMPFS);
    assert.equal(isMounted(mountpoint), false);
    assert.equal(await hold('tmp', 'a'), true);
    assert.equal(await hold('tmp', 'a'), false);
    await hold('tmp', 'b');
    const { uid, mode } = await stat(mountpoint);
    assert.deepEqual([uid, mode & 0o777], [77, 0o750]);
    await writeFile(join(mountpoint, 'f'), '');
    assert.equal(await release('tmp', 'a'), true);
    assert.equal(await release('tmp', 'a'), false);
    assert.deepEqual(await readdir(mountpoint), ['f']);
    await release('tmp', 'b');
    assert.equal(isMounted(mountpoint), false);
  });

  it('stay mounted over a restart of the daemon while somebody uses them', async () => {
    const { mountpoint } = await create('tmp', TMPFS);
    const other = await create('unused', TMPFS);
    await hold('tmp', 'a');
    await hold('unused', 'gone');
    await writeFile(join(mountpoint, 'f'), '');
    await restart([{ name: 'tmp', holder: 'a' }]);
    assert.deepEqual(await readdir(mountpoint), ['f']);
    assert.equal(isMounted(other.mountpoint), false);
    await release('tmp', 'a');
    assert.equal(isMounted(mountpoint), false);
  });

  it('show a directory of the host, which outlives them', async () => {
    const { host, mountpoint } = await bind();
    await hold('bound', 'a');
    assert.equal(isMounted(mountpoint), true);
    assert.deepEqual(await readdir(mountpoint), ['precious']);
    await assert.rejects(volumes.remove('bound'), { code: 'conflict' });
    await release('bound', 'a');
    await volumes.remove('bound');
    assert.equal(await readFile(join(host, 'precious'), 'utf8'), 'kept');
  });

  it('lose nothing when a removal is cut short while they are mounted', async () => {
    const { host, mountpoint } = await bind();
    await hold('bound', 'a');
    const table = openVolumeTable(records);
    const volume = table.get('bound');
    assert.ok(volume);
    table.put('bound', { ...volume, removing: true });
    await restart([]);
    assert.equal(existsSync(mountpoint), false);
    assert.equal(await readFile(join(host, 'precious'), 'utf8'), 'kept');
  });

  it('are filled from the image where they are empty', async () => {
    const rootfs = join(dir.path, 'rootfs');
    await mkdir(join(rootfs, 'data'), { recursive: true });
    await writeFile(join(rootfs, 'data', 'f'), 'text');
    const { mountpoint } = await create('tmp', TMPFS);
    await hold('tmp', 'a');
    await volumes.copyUp('tmp', { rootfs, pathInside: '/data' });
    assert.equal(await readFile(join(mountpoint, 'f'), 'utf8'), 'text');
    assert.equal(await volumes.usage('tmp'), 0);
  });

  it('say why they cannot be mounted, without a password, and nobody holds them', async () => {
    const o = 'username=u,password=geheim,addr=127.0.0.1';
    await create('far', { type: 'nosuchfs', device: '//127.0.0.1/x', o });
    await assert.rejects(hold('far', 'a'), (error: Error) => {
      assert.match(error.message, /^failed to mount local volume: nosuchfs of \/\/127/);
      assert.doesNotMatch(error.message, /geheim/);
      return true;
    });
    await volumes.remove('far');
  });

  const refused: [options: Record<string, string>, words: string][] = [
    [{ type: 'nfs' }, 'missing required option: "device"'],
    [{ device: '/x' }, 'missing required option: "type"'],
    [{ o: 'bind' }, 'missing required option: "device"'],
    [{ colour: 'red' }, 'invalid option: "colour"'],
    [{ size: '10m' }, 'quota size requested but no quota support'],
  ];
  for (const [options, words] of refused) {
    it(`with ${JSON.stringify(options)} are refused, and nothing is made`, async () => {
      await assert.rejects(create('bad', options), {
        code: 'invalid-argument',
        message: `create bad: ${words}`,
      });
      assert.deepEqual([await readdir(layout.volumes), told], [[], []]);
    });
  }

  it('of another driver are refused', async () => {
    const request = { name: 'bad', driver: 'rexray', options: {}, labels: {} };
    await assert.rejects(volumes.create(request), {
      code: 'not-found',
      message: 'create bad: error looking up volume plugin rexray: plugin "rexray" not found',
    });
  });

  it('are the same when asked for again, and a conflict with other options', async () => {
    const made = await create('tmp', TMPFS);
    assert.deepEqual(await create('tmp', TMPFS), made);
    assert.deepEqual(await create('tmp', {}), made);
    await assert.rejects(create('tmp', { ...TMPFS, o: 'size=2m' }), { code: 'conflict', message: /tmp/ });
    assert.deepEqual(told, ['create tmp']);
    await volumes.remove('tmp');
    assert.deepEqual(told, ['create tmp', 'destroy tmp']);
  });

  it('count hard links once', async () => {
    const { mountpoint } = await volumes.ensure('plain');
    await mkdir(join(mountpoint, 'd'));
    await writeFile(join(mountpoint, 'd', 'f'), 'x'.repeat(1000));
    await link(join(mountpoint, 'd', 'f'), join(mountpoint, 'again'));
    assert.equal(await volumes.usage('plain'), 1000);
  });
});
