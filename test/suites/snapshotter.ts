import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerStore } from '../../backend/layer/layer-store.ts';
import type { Digest } from '../../backend/oci/digest.ts';
import type { Snapshotter } from '../../backend/snapshot/snapshotter.ts';
import type { Layout } from '../../backend/store/layout.ts';
import { applyEntries } from '../support/apply-archive.ts';
import type { ArchiveEntry } from '../support/tar-archive.ts';

export interface SnapshotterUnderTest extends AsyncDisposable {
  store: LayerStore;
  snapshotter: Snapshotter;
  layout: Layout;
  /** Another snapshotter on the same files, as after a restart. */
  reopen(): Promise<Snapshotter>;
}

/** What every snapshotter promises. */
export function snapshotterSuite(driver: string, open: () => Promise<SnapshotterUnderTest>): void {
  describe(`snapshotter: ${driver}`, () => {
    let place: SnapshotterUnderTest;
    let count = 0;
    before(async () => {
      place = await open();
    });
    after(async () => place[Symbol.asyncDispose]());

    const stackOf = async (...layers: ArchiveEntry[][]): Promise<Digest[]> => {
      const stack: Digest[] = [];
      for (const entries of layers) stack.push(await applyEntries(place.store, entries));
      return stack;
    };
    /** A mounted snapshot of these layers, bottom first. */
    const mounted = async (...layers: ArchiveEntry[][]): Promise<{ id: string; rootfs: string }> => {
      count += 1;
      const id = `c${count}`;
      await place.snapshotter.prepare(id, await stackOf(...layers));
      return { id, rootfs: await place.snapshotter.mount(id) };
    };
    const attributes = (path: string): unknown[] => {
      const { mode, uid, gid, mtimeMs } = lstatSync(path);
      return [mode & 0o7777, uid, gid, mtimeMs];
    };

    it('shows the layers merged, the upper ones first, and keeps writes apart', async () => {
      const { id, rootfs } = await mounted(
        [{ name: 'a', content: 'lower' }, { name: 'b', content: 'lower' }, { name: 'd/x' }],
        [{ name: 'a', content: 'upper' }, { name: 'd/.wh.x' }, { name: 'd/y' }],
      );
      assert.equal(readFileSync(join(rootfs, 'a'), 'utf8'), 'upper');
      assert.equal(readFileSync(join(rootfs, 'b'), 'utf8'), 'lower');
      assert.deepEqual(readdirSync(join(rootfs, 'd')), ['y']);
      writeFileSync(join(rootfs, 'b'), 'written');
      assert.equal(readFileSync(join(place.snapshotter.upper(id), 'b'), 'utf8'), 'written');
      const other = await mounted([{ name: 'b', content: 'lower' }]);
      assert.equal(readFileSync(join(other.rootfs, 'b'), 'utf8'), 'lower');
    });

    it("gives the root the image's attributes", async () => {
      const { rootfs } = await mounted(
        [{ name: './', type: '5', mode: 0o711, uid: 3, gid: 4 }],
        [{ name: 'x', content: '' }],
      );
      assert.deepEqual(attributes(rootfs).slice(0, 3), [0o711, 3, 4]);
    });

    it('keeps the attributes of a directory that an upper layer only passes through', async () => {
      const { rootfs } = await mounted(
        [
          { name: 'tmp', type: '5', mode: 0o1777, mtime: 1_500_000_000, pax: { 'SCHILY.xattr.user.k': 'v' } },
          { name: 'srv', type: '5', mode: 0o750, uid: 8 },
          { name: 'srv/in', type: '5', mode: 0o711, uid: 9 },
        ],
        [{ name: 'tmp/x' }, { name: 'srv/in/y' }],
      );
      assert.deepEqual(attributes(join(rootfs, 'tmp')), [0o1777, 0, 0, 1_500_000_000_000]);
      assert.deepEqual(attributes(join(rootfs, 'srv')).slice(0, 2), [0o750, 8]);
      assert.deepEqual(attributes(join(rootfs, 'srv/in')).slice(0, 2), [0o711, 9]);
      assert.deepEqual(readdirSync(join(rootfs, 'tmp')), ['x']);
    });

    it('shows no ghosts of whiteouts, and lets such a directory be removed', async () => {
      const { rootfs } = await mounted(
        [{ name: 'base', content: '' }],
        [
          { name: 'only/', type: '5', mode: 0o700 },
          { name: 'only/.wh.ghost' },
          { name: 'only/deep/.wh.ghost' },
          { name: 'opaque/kept' },
          { name: 'opaque/.wh..wh..opq' },
          { name: 'opaque/.wh.ghost' },
        ],
      );
      assert.deepEqual(readdirSync(join(rootfs, 'only')), ['deep']);
      assert.deepEqual(readdirSync(join(rootfs, 'only/deep')), []);
      assert.deepEqual(readdirSync(join(rootfs, 'opaque')), ['kept']);
      execFileSync('rm', ['-r', join(rootfs, 'only'), join(rootfs, 'opaque')]);
      assert.deepEqual(readdirSync(rootfs), ['base']);
    });

    it('hides what opaque directories and whiteouts of directories hide', async () => {
      const { rootfs } = await mounted(
        [{ name: 'o/low' }, { name: 'w/low' }, { name: 'again/low' }],
        [{ name: 'o/', type: '5' }, { name: 'o/.wh..wh..opq' }, { name: 'o/high' }, { name: '.wh.w' }],
        [{ name: '.wh.again' }, { name: 'again/', type: '5', mode: 0o700 }],
      );
      assert.deepEqual(readdirSync(rootfs).sort(), ['again', 'o']);
      assert.deepEqual(readdirSync(join(rootfs, 'o')), ['high']);
      assert.deepEqual(readdirSync(join(rootfs, 'again')), []);
    });

    it('mounts a stack that has a layer twice, or no layer at all', async () => {
      const a: ArchiveEntry[] = [{ name: 'f', content: 'a' }];
      const { rootfs } = await mounted(a, [{ name: 'f', content: 'b' }], a);
      assert.equal(readFileSync(join(rootfs, 'f'), 'utf8'), 'a');
      const empty = await mounted();
      assert.deepEqual(readdirSync(empty.rootfs), []);
      writeFileSync(join(empty.rootfs, 'new'), 'x');
    });

    it('mounts 128 layers and refuses more', async function () {
      this.timeout(60_000);
      const layers = Array.from({ length: 129 }, (_, at) => [{ name: `f${at}`, content: '' }]);
      const { rootfs } = await mounted(...layers.slice(0, 128));
      assert.equal(readdirSync(rootfs).length, 128);
      await assert.rejects(place.snapshotter.prepare('too-many', await stackOf(...layers)), /at most 128/);
    });

    it('repeats every call without harm', async () => {
      const stack = await stackOf([{ name: 'f', content: 'x' }]);
      await place.snapshotter.prepare('again', stack);
      const rootfs = await place.snapshotter.mount('again');
      writeFileSync(join(rootfs, 'mine'), '1234');
      await place.snapshotter.prepare('again', stack);
      assert.equal(await place.snapshotter.mount('again'), rootfs);
      await place.snapshotter.unmount('again');
      await place.snapshotter.unmount('again');
      assert.deepEqual(readdirSync(rootfs), []);
      assert.equal(await place.snapshotter.mount('again'), rootfs);
      assert.equal(readFileSync(join(rootfs, 'mine'), 'utf8'), '1234');
      await place.snapshotter.remove('again');
      await place.snapshotter.remove('again');
      assert.equal(readdirSync(place.layout.containers).includes('again'), false);
      assert.deepEqual(readdirSync(place.layout.tmp), []);
    });

    it('goes on after a restart, with the mount and the writes of before', async () => {
      const { id, rootfs } = await mounted([{ name: 'f', content: 'x' }]);
      writeFileSync(join(rootfs, 'mine'), 'kept');
      const again = await place.reopen();
      assert.equal(await again.mount(id), rootfs);
      assert.equal(readFileSync(join(rootfs, 'mine'), 'utf8'), 'kept');
      await again.unmount(id);
      await again.mount(id);
      assert.equal(readFileSync(join(rootfs, 'mine'), 'utf8'), 'kept');
    });

    it('finishes a preparation that was cut off at any point', async () => {
      const stack = await stackOf([{ name: './', type: '5', mode: 0o750 }, { name: 'f' }]);
      for (const made of [[], ['upper'], ['upper', 'work']]) {
        const id = `cut${made.length}`;
        await mkdir(place.layout.container(id), { recursive: true });
        for (const name of made) await mkdir(join(place.layout.container(id), name));
        const again = await place.reopen();
        await again.prepare(id, stack);
        assert.deepEqual(attributes(await again.mount(id))[0], 0o750);
        await again.remove(id);
      }
    });

    it('counts what the writable layer holds, hard links once', async () => {
      const { id, rootfs } = await mounted([{ name: 'gone' }, { name: 'big', content: 'x'.repeat(5000) }]);
      assert.deepEqual(await place.snapshotter.usage(id), { bytes: 0, inodes: 0 });
      writeFileSync(join(rootfs, 'new'), '123');
      execFileSync('ln', [join(rootfs, 'new'), join(rootfs, 'hard')]);
      rmSync(join(rootfs, 'gone'));
      assert.deepEqual(await place.snapshotter.usage(id), { bytes: 3, inodes: 2 });
      await assert.rejects(place.snapshotter.usage('unknown'), { code: 'not-found' });
    });

    it('removes trees with hostile names and links without following them', async () => {
      const { id, rootfs } = await mounted([{ name: 'f' }]);
      await mkdir(Buffer.from(`${rootfs}/b\xff`, 'latin1'));
      writeFileSync(Buffer.from(`${rootfs}/b\xff/in\xfe`, 'latin1'), 'x');
      await symlink(place.layout.layers, join(rootfs, 'way-out'));
      await place.snapshotter.remove(id);
      assert.ok(place.store.list().length > 0 && readdirSync(place.layout.layers).length > 0);
      assert.deepEqual(readdirSync(place.layout.tmp), []);
    });

    it('says what is missing', async () => {
      await assert.rejects(place.snapshotter.mount('unknown'), { code: 'not-found' });
      const missing = `sha256:${'0'.repeat(64)}` as Digest;
      await assert.rejects(place.snapshotter.prepare('missing', [missing]), /no such layer: sha256:000/);
    });
  });
}
