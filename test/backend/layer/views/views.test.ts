import assert from 'node:assert/strict';
import { changesOfLayer } from '../../../../backend/layer/views/layer-changes.ts';
import { mergedTree } from '../../../../backend/layer/views/merged-tree.ts';
import { provenance } from '../../../../backend/layer/views/provenance.ts';
import { directory, file, layer, opaque, implied, whiteout, entry } from './layer-entries.ts';

const changed = (...stack: Parameters<typeof changesOfLayer>[0]): string[] =>
  changesOfLayer(stack, stack.length - 1).map(
    ({ path, change, differs, shadows }) =>
      `${change} ${path}${differs ? ` [${differs.join()}]` : ''}${shadows === undefined ? '' : ` <${shadows}`}`,
  );
const tree = (...stack: Parameters<typeof changesOfLayer>[0]): string[] =>
  (mergedTree(stack, stack.length - 1, { recursive: true }) ?? []).map(
    ({ path, layer }) => `${path}@${layer}`,
  );
const roles = (path: string, ...stack: Parameters<typeof changesOfLayer>[0]): string[] =>
  provenance(stack, path).providers.map(({ layer, role }) => `${layer} ${role}`);

const base = layer(directory('d'), file('d/a', 'A'), file('d/b', 'B'), directory('e'), file('e/x', 'X'));

describe('changes of a layer', () => {
  it('tells added, modified and deleted, and what they shadow', () => {
    const upper = layer(directory('d'), file('d/a', 'changed'), file('d/new', 'N'), whiteout('e'));
    assert.deepEqual(changed(base, upper), ['modified d/a [content] <0', 'added d/new', 'deleted e <0']);
  });

  it('tells which attributes differ', () => {
    const attributes = { mode: 0o4755, uid: 5, mtime: 9, xattrs: { 'user.k': 'dg==' } };
    const upper = layer(
      implied('d'),
      { ...file('d/a', 'A'), ...attributes },
      { ...directory('e'), mtime: 7 },
    );
    assert.deepEqual(changed(base, upper), [
      'modified d/a [mode,owner,xattrs,mtime] <0',
      'modified e [mtime] <0',
    ]);
    const links = layer(entry('l', 'symlink', { linkTarget: 'a' }));
    assert.deepEqual(changed(links, layer(entry('l', 'symlink', { linkTarget: 'b' }))), [
      'modified l [link] <0',
    ]);
  });

  it('lists a file that a layer holds once more unchanged, but no such directory', () => {
    assert.deepEqual(changed(base, layer(directory('d'), file('d/a', 'A'))), ['modified d/a [] <0']);
  });

  it('lists what an opaque directory hides', () => {
    assert.deepEqual(changed(base, layer(opaque('d'), file('d/a', 'A'))), [
      'modified d [] <0',
      'modified d/a [] <0',
      'deleted d/b <0',
    ]);
  });

  it('tells a change of type, and counts from the nearest layer that has it', () => {
    const middle = layer(file('e', 'a file now'));
    assert.deepEqual(changed(base, middle), ['modified e [type] <0']);
    assert.deepEqual(changed(base, middle, layer(file('e', 'another'))), ['modified e [content] <1']);
    assert.deepEqual(changed(base, layer(whiteout('e')), layer(directory('e'), file('e/x', 'X'))), [
      'added e',
      'added e/x',
    ]);
  });

  it('says nothing of a whiteout that hides nothing, and nothing of implied directories that are there', () => {
    assert.deepEqual(changed(base, layer(implied('d'), whiteout('d/nothing'))), []);
    assert.deepEqual(changed(base, layer(implied('n'), file('n/f', ''))), ['added n', 'added n/f']);
  });
});

describe('merged tree', () => {
  it('shows each path once, from the topmost layer that has it', () => {
    const upper = layer(implied('d'), file('d/a', 'new'), whiteout('d/b'), file('e', 'file over directory'));
    assert.deepEqual(tree(base, upper), ['d@0', 'd/a@1', 'e@1']);
    assert.deepEqual(tree(base), ['d@0', 'd/a@0', 'd/b@0', 'e@0', 'e/x@0']);
  });

  it('lists one directory, or the path itself where it is no directory', () => {
    assert.deepEqual(
      mergedTree([base], 0)?.map(({ path }) => path),
      ['d', 'e'],
    );
    assert.deepEqual(
      mergedTree([base], 0, { path: 'd' })?.map(({ path }) => path),
      ['d/a', 'd/b'],
    );
    assert.deepEqual(
      mergedTree([base], 0, { path: 'd/a' })?.map(({ path }) => path),
      ['d/a'],
    );
    assert.equal(mergedTree([base], 0, { path: 'nowhere' }), undefined);
  });

  it('takes the attributes of an implied directory from below, past a layer that made it opaque', () => {
    const [d] =
      mergedTree([layer({ ...directory('d'), mode: 0o1777 }), layer(implied('d'), file('d/x', ''))], 1) ?? [];
    assert.deepEqual([d?.layer, d?.entry.mode], [0, 0o1777]);
  });
});

describe('provenance', () => {
  it('puts the winner first and what it hides below', () => {
    const stack = [base, layer(implied('d'), file('d/a', '2')), layer(file('other', ''))];
    assert.deepEqual(roles('d/a', ...stack), ['1 wins', '0 shadowed']);
    assert.deepEqual(roles('d', ...stack), ['1 wins', '0 shadowed']);
    assert.match(provenance(stack, 'd').providers[0]?.why ?? '', /attributes come from layer 0/);
  });

  it('tells a whiteout, of the path and of a parent', () => {
    assert.deepEqual(roles('d/a', base, layer(implied('d'), whiteout('d/a'))), ['1 whiteout', '0 deleted']);
    const parent = provenance([base, layer(whiteout('d'))], 'd/a');
    assert.equal(parent.exists, false);
    assert.deepEqual(
      parent.providers.map(({ layer, role, entry }) => [layer, role, entry === null]),
      [
        [1, 'whiteout', true],
        [0, 'deleted', false],
      ],
    );
    assert.match(parent.providers[1]?.why ?? '', /layer 1 deletes \/d with a whiteout/);
  });

  it('tells a path that was deleted and made anew', () => {
    const stack = [base, layer(implied('d'), whiteout('d/a')), layer(implied('d'), file('d/a', '3'))];
    assert.deepEqual(roles('d/a', ...stack), ['2 wins', '1 whiteout', '0 deleted']);
  });

  it('tells opaque directories and files over directories', () => {
    assert.deepEqual(roles('d/b', base, layer(opaque('d'), file('d/a', ''))), ['1 opaque', '0 deleted']);
    assert.deepEqual(roles('d/a', base, layer(opaque('d'), file('d/a', ''))), ['1 wins', '0 deleted']);
    assert.deepEqual(roles('e/x', base, layer(file('e', 'file'))), ['1 opaque', '0 deleted']);
    assert.deepEqual(roles('e', base, layer(file('e', '')), layer(directory('e'))), [
      '2 wins',
      '1 shadowed',
      '0 shadowed',
    ]);
    assert.deepEqual(roles('d', base, layer(opaque('d'))), ['1 wins', '0 shadowed']);
  });

  it('knows nothing of a path that no layer has, and the root always', () => {
    assert.deepEqual(provenance([base, layer(whiteout('nowhere'))], 'nowhere/x').providers, []);
    assert.equal(provenance([base], 'nowhere').exists, false);
    assert.equal(provenance([base], '').exists, true);
  });
});

describe('views of a large image', () => {
  it('are quick: 20,000 files in 10 layers', () => {
    const stack = Array.from({ length: 10 }, (_, n) =>
      layer(
        ...Array.from({ length: 20 }, (_, d) => [
          directory(`dir${d}`),
          ...Array.from({ length: 100 }, (_, f) => file(`dir${d}/file${n}-${f}`, `${f}`)),
        ]).flat(),
      ),
    );
    const begin = performance.now();
    assert.equal(mergedTree(stack, 9, { recursive: true })?.length, 20_020);
    changesOfLayer(stack, 9);
    provenance(stack, 'dir3/file4-50');
    const took = performance.now() - begin;
    console.log(`      tree, changes and provenance: ${took.toFixed(0)} ms`);
    assert.ok(took < 200, `${took} ms`);
  });
});
