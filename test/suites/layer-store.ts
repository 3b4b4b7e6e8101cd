import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { codeOf, messageOf } from '../../backend/base/errors.ts';
import type { LayerEntry } from '../../backend/layer/layer-index.ts';
import type { LayerStore } from '../../backend/layer/layer-store.ts';
import { digestOf, type Digest } from '../../backend/oci/digest.ts';
import type { Layout } from '../../backend/store/layout.ts';
import { applyArchive, applyEntries, inPieces } from '../support/apply-archive.ts';
import { archiveEntry, extension, paxRecord, tarArchive } from '../support/tar-archive.ts';
import { HOSTILE_LAYERS } from './hostile-layers.ts';

/** A store in a place of its own, with limits low enough to be reached: 1 MiB, 100 entries, 8 KiB of header. */
export interface LayerStoreUnderTest extends AsyncDisposable {
  store: LayerStore;
  layout: Layout;
  /** Another store on the same files, as after a restart. */
  reopen(): Promise<LayerStore>;
}

/** What every layer store promises. */
export function layerStoreSuite(driver: string, open: () => Promise<LayerStoreUnderTest>): void {
  describe(`layer store: ${driver}`, () => {
    let place: LayerStoreUnderTest;
    let store: LayerStore;
    before(async () => {
      place = await open();
      store = place.store;
    });
    after(async () => place[Symbol.asyncDispose]());

    const find = async (diffId: Digest, path: string): Promise<LayerEntry | undefined> =>
      (await store.index(diffId)).entries.find((entry) => entry.path === path);
    const read = async (diffId: Digest, path: string): Promise<string> =>
      (await buffer(await store.open(diffId, path))).toString();

    for (const compression of ['none', 'gzip', 'zstd'] as const)
      it(`applies a layer (${compression}) and tells what it holds`, async () => {
        const file = {
          name: `a/${compression}`,
          content: `content ${compression}`,
          mode: 0o640,
          uid: 7,
          gid: 8,
        };
        const diffId = await applyEntries(store, [{ name: 'a/', type: '5' }, file], compression);
        assert.deepEqual(store.meta(diffId), { diffId, size: file.content.length, files: 2 });
        assert.ok(store.has(diffId));
        const entry = await find(diffId, file.name);
        assert.equal(entry?.digest, digestOf(file.content));
        assert.equal(entry?.mode, 0o640);
        assert.deepEqual([entry?.uid, entry?.gid, entry?.mtime], [7, 8, 1_700_000_000]);
        assert.equal(await read(diffId, file.name), file.content);
      });

    it('reads gzip of several members and zstd of several and skippable frames', async () => {
      const archive = tarArchive([{ name: 'f', content: 'x'.repeat(3000) }]);
      const halves = [archive.subarray(0, 1111), archive.subarray(1111)];
      const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
      const blobs = {
        gzip: Buffer.concat(halves.map((half) => gzipSync(half))),
        zstd: Buffer.concat([skippable, ...halves.flatMap((half) => [zstdCompressSync(half), skippable])]),
      };
      for (const [compression, blob] of Object.entries(blobs) as ['gzip' | 'zstd', Buffer][])
        for (const size of [7, 100_000]) {
          const diffId = digestOf(archive);
          await store.apply({ source: inPieces(blob, size), compression, diffId });
          assert.equal((await read(diffId, 'f')).length, 3000);
          await store.remove(diffId);
        }
    });

    it('keeps times, xattrs, links, devices and names that are no UTF-8', async () => {
      const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
      const diffId = await applyEntries(store, [
        { name: Buffer.from('b\xff\\x41', 'latin1'), content: 'bytes' },
        {
          name: 'cap',
          content: 'x',
          pax: { 'SCHILY.xattr.security.capability': capability, mtime: '-1.25' },
        },
        { name: 'link', type: '2', link: Buffer.from('to\xfe', 'latin1') },
        { name: 'hard', type: '1', link: 'cap' },
        { name: 'tty', type: '3', device: [5, 1], mode: 0o620 },
        { name: 'pipe', type: '6' },
        { name: 'sparse', content: 'ab', pax: { 'GNU.sparse.map': '4096,2', 'GNU.sparse.size': '10000' } },
      ]);
      assert.equal(await read(diffId, 'b\\xff\\x5cx41'), 'bytes');
      const cap = await find(diffId, 'cap');
      assert.deepEqual(cap?.xattrs, { 'security.capability': capability.toString('base64') });
      assert.equal(cap?.mtime, -1.25);
      assert.equal((await find(diffId, 'link'))?.linkTarget, 'to\\xfe');
      assert.equal((await find(diffId, 'hard'))?.hardLink, 'cap');
      assert.equal(await read(diffId, 'hard'), 'x');
      assert.deepEqual((await find(diffId, 'tty'))?.rdev, [5, 1]);
      assert.equal((await find(diffId, 'pipe'))?.type, 'fifo');
      const sparse = Buffer.alloc(10000);
      sparse.write('ab', 4096);
      assert.equal((await find(diffId, 'sparse'))?.digest, digestOf(sparse));
      assert.equal(await read(diffId, 'sparse'), sparse.toString());
    });

    it('counts hard links once and lets later entries win', async () => {
      const diffId = await applyEntries(store, [
        { name: 'one', content: 'first' },
        { name: 'two', type: '1', link: 'one' },
        { name: 'one', content: 'second!' },
        { name: 'd', content: 'was a file' },
        { name: 'd/', type: '5', mode: 0o700 },
        { name: 'd/below', content: '' },
        { name: 'gone/x/y', content: 'y' },
        { name: 'gone', content: 'now a file' },
      ]);
      assert.equal(await read(diffId, 'one'), 'second!');
      assert.equal(await read(diffId, 'two'), 'first');
      assert.equal((await find(diffId, 'd'))?.mode, 0o700);
      assert.equal((await find(diffId, 'gone'))?.type, 'file');
      assert.equal(await find(diffId, 'gone/x/y'), undefined);
      assert.equal(store.meta(diffId).size, 'firstsecond!now a file'.length);
    });

    it('describes directories that come after their children, and marks those that never come', async () => {
      const diffId = await applyEntries(store, [
        { name: 'late/x', content: '' },
        { name: './late', type: '5', mode: 0o1777 },
        { name: '/never/y', content: '' },
      ]);
      const late = await find(diffId, 'late');
      assert.deepEqual([late?.mode, late?.implied], [0o1777, undefined]);
      const never = await find(diffId, 'never');
      assert.deepEqual([never?.mode, never?.uid, never?.implied], [0o755, 0, true]);
      assert.equal(await find(diffId, ''), undefined);
    });

    it('turns whiteouts and opaque markers into what they mean', async () => {
      const diffId = await applyEntries(store, [
        { name: 'd/.wh.gone', content: '' },
        { name: 'o/', type: '5' },
        { name: 'o/kept', content: '' },
        { name: 'o/.wh..wh..opq', content: '' },
        { name: '.wh.again', content: '' },
        { name: 'again/', type: '5' },
        { name: 'stays', content: 'here' },
        { name: '.wh.stays', content: '' },
        { name: 'literal', type: '3', device: [0, 0] },
        { name: '.wh..wh.plnk/1.2', content: 'aufs' },
      ]);
      const { entries } = await store.index(diffId);
      const shown = entries.map(({ path, type, opaque }) => `${path} ${type}${opaque ? ' opaque' : ''}`);
      assert.deepEqual(shown, [
        'again directory opaque',
        'd directory',
        'd/gone whiteout',
        'literal whiteout',
        'o directory opaque',
        'o/kept file',
        'stays file',
      ]);
    });

    it('drops xattrs that overlayfs would obey', async () => {
      const diffId = await applyEntries(store, [
        {
          name: 'd',
          type: '5',
          pax: {
            'SCHILY.xattr.trusted.overlay.redirect': '/etc',
            'SCHILY.xattr.user.overlay.opaque': 'y',
            'SCHILY.xattr.trusted.own': 'kept',
          },
        },
      ]);
      assert.deepEqual(Object.keys((await find(diffId, 'd'))?.xattrs ?? {}), ['trusted.own']);
    });

    it('resolves a parent that is a symlink within the layer, and never out of it', async () => {
      const diffId = await applyEntries(store, [
        { name: 'lib', type: '2', link: 'usr/lib' },
        { name: 'lib/a', content: 'in usr' },
        { name: 'up', type: '2', link: '../../../../../../../../var/tmp' },
        { name: 'up/strata-escape', content: 'inside' },
        { name: 'abs', type: '2', link: '/up' },
        { name: 'abs/second', content: 'inside too' },
      ]);
      assert.equal(await read(diffId, 'usr/lib/a'), 'in usr');
      assert.equal(await read(diffId, 'var/tmp/strata-escape'), 'inside');
      assert.equal(await read(diffId, 'var/tmp/second'), 'inside too');
      assert.equal((await readdir('/var/tmp')).includes('strata-escape'), false);
      await assert.rejects(store.open(diffId, 'up/strata-escape'), { code: 'not-found' });
    });

    for (const [what, { entries, names }] of Object.entries(HOSTILE_LAYERS))
      it(`refuses ${what}, names the entry and leaves nothing behind`, async () => {
        const archive = tarArchive([{ name: 'before', content: 'x' }, ...entries]);
        await refuses(archive, names);
      });

    async function refuses(
      archive: Buffer,
      names: RegExp,
      blob = archive,
      compression: 'none' | 'gzip' = 'none',
    ) {
      const known = store.list().length;
      const diffId = digestOf(archive);
      const failure: unknown = await store.apply({ source: inPieces(blob), compression, diffId }).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.equal(codeOf(failure), 'invalid-argument', messageOf(failure));
      assert.match(messageOf(failure), names);
      assert.equal(store.has(diffId), false);
      assert.equal(store.list().length, known);
      assert.deepEqual(await readdir(place.layout.tmp), []);
    }

    it('names the last entry of a truncated or damaged layer', async () => {
      const archive = tarArchive([{ name: 'whole' }, { name: 'cut', content: 'x'.repeat(2000) }]);
      await refuses(archive, /"cut".*ends within/, archive.subarray(0, 1800));
      const packed = gzipSync(archive);
      await refuses(archive, /damaged/, packed.subarray(0, packed.length - 12), 'gzip');
      const wrong = Buffer.from(archive);
      wrong.writeUInt8(0x21, 513);
      await refuses(wrong, /"whole".*checksum/);
      await refuses(Buffer.concat([archiveEntry(extension('x', paxRecord('path', 'next')))]), /ends within/);
    });

    it('refuses a layer whose diffID is another one', async () => {
      const promised = digestOf('something else');
      const source = inPieces(tarArchive([{ name: 'f' }], { end: false }));
      await assert.rejects(store.apply({ source, compression: 'none', diffId: promised }), (error) => {
        assert.match(messageOf(error), /was promised.*stops after entry "f"/);
        return codeOf(error) === 'invalid-argument';
      });
      assert.deepEqual(await readdir(place.layout.tmp), []);
    });

    it('gives up when the source fails or the caller does, and can apply the same layer later', async () => {
      const archive = tarArchive([{ name: 'later', content: 'x'.repeat(5000) }]);
      const diffId = digestOf(archive);
      const broken = Readable.from(
        (async function* () {
          yield archive.subarray(0, 700);
          throw new Error('connection lost');
        })(),
      );
      await assert.rejects(store.apply({ source: broken, compression: 'none', diffId }), /connection lost/);
      const stalled = new Readable({ read: () => undefined });
      stalled.push(archive.subarray(0, 700));
      const signal = AbortSignal.timeout(100);
      await assert.rejects(
        store.apply({ source: stalled, compression: 'none', diffId, signal }),
        /cancelled/,
      );
      assert.deepEqual(await readdir(place.layout.tmp), []);
      assert.equal(await applyArchive(store, archive), diffId);
    });

    it('shares one apply among callers, and applies several layers at once', async () => {
      const archive = tarArchive([{ name: 'shared', content: 'x' }]);
      const others = [1, 2, 3, 4].map((n) => tarArchive([{ name: `other${n}`, content: `${n}` }]));
      const diffIds = await Promise.all(
        [archive, archive, ...others].map((bytes) => applyArchive(store, bytes)),
      );
      for (const diffId of diffIds) assert.ok(store.has(diffId));
    });

    it('still has its layers after a restart, and forgets what it removes', async () => {
      const diffId = await applyEntries(store, [{ name: 'kept', content: 'over restarts' }]);
      const again = await place.reopen();
      assert.deepEqual(again.meta(diffId), store.meta(diffId));
      assert.deepEqual((await again.index(diffId)).entries, (await store.index(diffId)).entries);
      await store.remove(diffId);
      assert.equal(store.has(diffId), false);
      await assert.rejects(store.index(diffId), { code: 'not-found' });
      await store.remove(diffId);
      assert.equal((await place.reopen()).has(diffId), false);
    });
  });
}
