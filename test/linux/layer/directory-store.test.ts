import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../../../backend/base/logger.ts';
import {
  createDirectoryLayerStore,
  type DirectoryLayerStore,
} from '../../../backend/layer/directory-store.ts';
import { readXattrs } from '../../../backend/linux/xattr.ts';
import { removeTree } from '../../../backend/linux/remove-tree.ts';
import { hexOf } from '../../../backend/oci/digest.ts';
import { createLayout } from '../../../backend/store/layout.ts';
import { applyArchive, applyEntries } from '../../support/apply-archive.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { layerStoreSuite } from '../../suites/layer-store.ts';

const limits = { maxBytes: 2 ** 20, maxEntries: 100, maxHeaderBytes: 8192 };

async function openStore() {
  const directory = await makeTempDir();
  const layout = createLayout(join(directory.path, 'data'), join(directory.path, 'run'));
  const opened: DirectoryLayerStore[] = [];
  const reopen = async (): Promise<DirectoryLayerStore> => {
    const store = await createDirectoryLayerStore({ layout, logger: silentLogger, limits });
    opened.push(store);
    return store;
  };
  return {
    layout,
    store: await reopen(),
    reopen,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await removeTree(layout.dataRoot);
      await directory[Symbol.asyncDispose]();
    },
  };
}

layerStoreSuite('directory', openStore);

describe('directory layer store on disk', () => {
  it('has whiteouts and opaque directories as overlayfs wants them', async () => {
    await using place = await openStore();
    const diffId = await applyEntries(place.store, [{ name: 'o/.wh.gone' }, { name: 'o/.wh..wh..opq' }]);
    const content = place.store.directory(diffId);
    const gone = lstatSync(join(content, 'o/gone'));
    assert.ok(gone.isCharacterDevice());
    assert.equal(gone.rdev, 0);
    const opaque = readXattrs(Buffer.from(join(content, 'o'))).get('trusted.overlay.opaque');
    assert.equal(opaque?.toString(), 'y');
  });

  it('keeps set-id bits, owners, nanoseconds and capabilities on the files themselves', async () => {
    await using place = await openStore();
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
    const diffId = await applyEntries(place.store, [
      { name: 'su', mode: 0o6755, uid: 5, gid: 6, content: 'x', pax: { mtime: '1600000000.123456789' } },
      { name: 'cap', uid: 9, content: 'x', pax: { 'SCHILY.xattr.security.capability': capability } },
      { name: 'sgid/', type: '5', mode: 0o2775, gid: 50, pax: { mtime: '1500000000.5' } },
      { name: 'sgid/in', content: '' },
      { name: 'l', type: '2', link: 'su', uid: 3, pax: { mtime: '1400000000.000000001' } },
    ]);
    const at = (name: string) => lstatSync(join(place.store.directory(diffId), name), { bigint: true });
    assert.equal(at('su').mode & 0o7777n, 0o6755n);
    assert.deepEqual([at('su').uid, at('su').gid, at('su').mtimeNs], [5n, 6n, 1600000000123456789n]);
    const path = Buffer.from(join(place.store.directory(diffId), 'cap'));
    assert.deepEqual(readXattrs(path).get('security.capability'), capability);
    assert.deepEqual(
      [at('sgid').mode & 0o7777n, at('sgid').gid, at('sgid').mtimeNs],
      [0o2775n, 50n, 1500000000500000000n],
    );
    assert.equal(at('sgid/in').gid, 0n);
    assert.deepEqual([at('l').uid, at('l').mtimeNs], [3n, 1400000000000000001n]);
  });

  it('stores holes as holes', async () => {
    await using place = await openStore();
    const pax = { 'GNU.sparse.map': '500000,3', 'GNU.sparse.size': '900000' };
    const diffId = await applyEntries(place.store, [{ name: 's', content: 'abc', pax }]);
    const { size, blocks } = lstatSync(join(place.store.directory(diffId), 's'));
    assert.equal(size, 900_000);
    assert.ok(blocks * 512 < 100_000, `${blocks} blocks`);
  });

  it('deletes what a killed daemon left half made, and replaces a damaged layer', async () => {
    await using place = await openStore();
    const diffId = await applyEntries(place.store, [{ name: 'f', content: 'x' }]);
    await mkdir(join(place.layout.tmp, 'layer-half', 'fs'), { recursive: true });
    await writeFile(join(place.layout.layer(diffId), 'meta.json'), '');
    const again = await place.reopen();
    assert.deepEqual(readdirSync(place.layout.tmp), []);
    assert.equal(again.has(diffId), false);
    await applyEntries(again, [{ name: 'f', content: 'x' }]);
    assert.ok(again.has(diffId));
    assert.deepEqual(readdirSync(place.layout.layers), [hexOf(diffId)]);
    assert.deepEqual(readdirSync(place.layout.tmp), []);
  });

  it('unpacks what tar packs, in each of its formats, as tar does', async () => {
    await using place = await openStore();
    await using source = await makeTempDir();
    execFileSync('sh', ['-ec', SOURCE], { cwd: source.path });
    const formats: Record<string, string[]> = {
      v7: ['--exclude=./long', '--exclude=./old', '--exclude=./pipe', '--exclude=./null'],
      ustar: ['--exclude=./long', '--exclude=./old'],
      gnu: ['--sparse'],
      pax: ['--sparse'],
      posix: ['--sparse', '--sparse-version=0.0'],
      'posix ': ['--sparse', '--sparse-version=0.1'],
    };
    for (const [format, options] of Object.entries(formats)) {
      const archive = execFileSync('tar', ['-c', `--format=${format.trim()}`, ...options, '.'], {
        cwd: source.path,
        maxBuffer: 2 ** 26,
      });
      const diffId = await applyArchive(place.store, archive);
      const compare = ['-d', '-C', place.store.directory(diffId)];
      execFileSync('tar', compare, { input: archive, stdio: ['pipe', 'pipe', 'pipe'] });
    }
  });
});

/** Files of every kind; the long name is beyond what USTAR can hold. */
const SOURCE = `
  mkdir -p dir/sub; echo hello > dir/sub/file; ln -s sub/file dir/link; ln dir/sub/file dir/hard
  chown 12:34 dir/sub/file; chmod 4750 dir/sub/file; mkfifo pipe; mknod null c 1 3; touch -d @-5 old
  printf x > 'name with \\n newline'; touch "$(printf 'b\\377d')"
  n=$(printf 'l%.0s' $(seq 200)); mkdir -p "long/$n"; echo deep > "long/$n/$n"
  truncate -s 300000 sparse; printf middle | dd of=sparse bs=1 seek=150000 conv=notrunc status=none
`;
