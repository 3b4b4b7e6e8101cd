import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../../backend/base/logger.ts';
import { createDirectoryLayerStore } from '../../../backend/layer/directory-store.ts';
import { indexUpper } from '../../../backend/layer/index-upper.ts';
import { changesOfLayer } from '../../../backend/layer/views/layer-changes.ts';
import { isFileSystemRoot } from '../../../backend/linux/mount-state.ts';
import { detach, unmount } from '../../../backend/linux/mount.ts';
import { removeTree } from '../../../backend/linux/remove-tree.ts';
import { mountOverlay } from '../../../backend/snapshot/mount-overlay.ts';
import {
  createOverlaySnapshotter,
  type OverlaySnapshotter,
} from '../../../backend/snapshot/overlay-snapshotter.ts';
import { createLayout } from '../../../backend/store/layout.ts';
import { applyEntries } from '../../support/apply-archive.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { snapshotterSuite } from '../../suites/snapshotter.ts';

async function openSnapshotter() {
  const directory = await makeTempDir();
  const layout = createLayout(join(directory.path, 'data'), join(directory.path, 'run'));
  const logger = silentLogger;
  const store = await createDirectoryLayerStore({ layout, logger });
  const reopen = (): Promise<OverlaySnapshotter> =>
    createOverlaySnapshotter({ layout, layers: store, logger });
  const snapshotter = await reopen();
  return {
    layout,
    store,
    snapshotter,
    reopen,
    [Symbol.asyncDispose]: async () => {
      for (const id of readdirSync(layout.runContainers)) {
        const target = join(layout.runContainer(id), 'rootfs');
        while (isFileSystemRoot(target)) detach(target);
      }
      await store.close();
      await removeTree(layout.dataRoot);
      await directory[Symbol.asyncDispose]();
    },
  };
}

snapshotterSuite('directory', openSnapshotter);

describe('overlay snapshotter', () => {
  it('mounts with options in one page too, for kernels before 6.5', async () => {
    await using directory = await makeTempDir();
    const at = (name: string): string => join(directory.path, name);
    const lowers = Array.from({ length: 128 }, (_, index) => at(`lower:with,${index}`));
    for (const path of [...lowers, at('upper'), at('work'), at('target')]) mkdirSync(path);
    lowers.forEach((lower, index) => writeFileSync(join(lower, `f${index}`), ''));
    mountOverlay({ lowers, upper: at('upper'), work: at('work'), target: at('target') }, 'page');
    try {
      assert.equal(readdirSync(at('target')).length, 128);
    } finally {
      unmount(at('target'));
    }
  });

  it('fixes the overlay options, whatever the kernel would choose', async () => {
    await using place = await openSnapshotter();
    await place.snapshotter.prepare('c', [await applyEntries(place.store, [{ name: 'f' }])]);
    const rootfs = await place.snapshotter.mount('c');
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((mount) => mount.includes(rootfs));
    assert.match(line ?? '', / overlay overlay rw,/);
    assert.doesNotMatch(line ?? '', /xino=on|xino=auto|index=on|metacopy=on|redirect_dir=on/);
  });

  it('refuses a mount that comes up read-only, in words, and leaves nothing mounted', async () => {
    await using directory = await makeTempDir();
    const at = (name: string): string => join(directory.path, name);
    for (const name of ['lower', 'upper', 'target']) mkdirSync(at(name));
    writeFileSync(at('work'), 'no directory');
    const overlay = { lowers: [at('lower')], upper: at('upper'), work: at('work'), target: at('target') };
    assert.throws(() => mountOverlay(overlay, 'each'), /work/);
    assert.equal(isFileSystemRoot(at('target')), false);
  });

  it('makes a fix-up directory once per stack, and collects those that nobody uses', async () => {
    await using place = await openSnapshotter();
    const { snapshotter, layout, store } = place;
    const base = await applyEntries(store, [{ name: 'tmp', type: '5', mode: 0o1777 }]);
    const stack = [base, await applyEntries(store, [{ name: 'tmp/x' }])];
    await snapshotter.ensureStack(stack);
    const [name = ''] = readdirSync(layout.stacks);
    assert.deepEqual(readdirSync(join(layout.stacks, name, 'fs')), ['tmp']);
    await snapshotter.prepare('c', stack);
    await snapshotter.ensureStack([base]);
    assert.equal(readdirSync(layout.stacks).length, 2);
    await snapshotter.collectStacks([]);
    assert.deepEqual(readdirSync(layout.stacks), [name]);
    await snapshotter.remove('c');
    await snapshotter.collectStacks([stack]);
    assert.deepEqual(readdirSync(layout.stacks), [name]);
    await snapshotter.removeStack(stack);
    assert.deepEqual(readdirSync(layout.stacks), []);
  });

  it('makes a stack again whose facts a crash has spoilt', async () => {
    await using place = await openSnapshotter();
    const stack = [await applyEntries(place.store, [{ name: 'f' }])];
    await place.snapshotter.ensureStack(stack);
    const [name = ''] = readdirSync(place.layout.stacks);
    writeFileSync(join(place.layout.stacks, name, 'stack.json'), '');
    const again = await place.reopen();
    await again.prepare('c', stack);
    assert.deepEqual(readdirSync(await again.mount('c')), ['f']);
  });

  it('mounts without a look at any layer’s index: the way to a running container holds no file list', async () => {
    await using place = await openSnapshotter();
    const stack = [
      await applyEntries(place.store, [{ name: 'f' }]),
      await applyEntries(place.store, [{ name: 'g' }]),
    ];
    await place.snapshotter.prepare('first', stack);
    for (const diffId of stack) rmSync(join(place.layout.layer(diffId), 'index'));
    const times: number[] = [];
    for (let at = 0; at < 20; at += 1) {
      await place.snapshotter.prepare(`c${at}`, stack);
      const begin = performance.now();
      const rootfs = await place.snapshotter.mount(`c${at}`);
      times.push(performance.now() - begin);
      assert.deepEqual(readdirSync(rootfs).sort(), ['f', 'g']);
    }
    const median = times.sort((a, b) => a - b)[10] ?? 0;
    console.log(`      mount: median ${median.toFixed(2)} ms`);
  });

  it('shows what a container wrote as a layer of changes', async () => {
    await using place = await openSnapshotter();
    const lower = await applyEntries(place.store, [
      { name: 'etc/', type: '5' },
      { name: 'etc/conf', content: 'old' },
      { name: 'etc/gone', content: 'x' },
      { name: 'dir/a' },
      { name: 'dir/b' },
    ]);
    await place.snapshotter.prepare('c', [lower]);
    const rootfs = await place.snapshotter.mount('c');
    writeFileSync(join(rootfs, 'etc/conf'), 'new');
    await removeTree(join(rootfs, 'etc/gone'));
    await removeTree(join(rootfs, 'dir'));
    mkdirSync(join(rootfs, 'dir'));
    writeFileSync(Buffer.from(`${rootfs}/dir/n\xff`, 'latin1'), 'fresh');
    const index = await indexUpper(place.snapshotter.upper('c'));
    const changes = changesOfLayer([await place.store.index(lower), index], 1);
    const shown = changes
      .filter(({ path, change }) => change !== 'modified' || path === 'etc/conf')
      .map(({ path, change, differs }) =>
        `${change} ${path} ${differs?.filter((d) => d !== 'mtime') ?? ''}`.trim(),
      );
    assert.deepEqual(shown, [
      'deleted dir/a',
      'deleted dir/b',
      'added dir/n\\xff',
      'modified etc/conf content',
      'deleted etc/gone',
    ]);
  });
});
