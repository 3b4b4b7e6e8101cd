import assert from 'node:assert/strict';
import type { FileAttributes, LayerChange } from '../../../backend/api/wire/strata-layers.ts';
import { changesTree, countChanges, detailOf, markedTree } from '../../../extension/model/layer-tree.ts';
import { packRows } from '../../../extension/model/pack-rows.ts';

const file = (size: number, more: Partial<FileAttributes> = {}): FileAttributes => ({
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size,
  mtime: 0,
  ...more,
});
const directory = file(4096, { type: 'directory', mode: 0o755 });

const changes: LayerChange[] = [
  {
    path: '/etc/app.conf',
    change: 'modified',
    differs: ['content'],
    file: file(10),
    shadows: 0,
    shadowed: file(7),
  },
  { path: '/etc/old', change: 'deleted', shadows: 0, shadowed: file(500) },
  { path: '/usr', change: 'added', file: directory },
  { path: '/usr/bin/tool', change: 'added', file: file(1000, { mode: 0o4755 }) },
];

const lines = (rows: ReturnType<typeof changesTree>) =>
  rows.map((row) => `${'  '.repeat(row.depth)}${row.mark || '-'} ${row.name} ${row.size} ${row.changed}`);

describe('the tree of a layer', () => {
  it('puts changes below the directories that lead to them and adds up sizes', () => {
    assert.deepEqual(lines(changesTree(changes, 2)), [
      '- etc 10 2',
      '  M app.conf 10 1',
      '  D old 500 1',
      'A usr 1000 2',
      '  - bin 1000 1',
      '    A tool 1000 1',
    ]);
  });

  it('tells for each row where its descendants end', () => {
    assert.deepEqual(
      changesTree(changes, 2).map((row) => row.end),
      [3, 2, 3, 6, 6, 6],
    );
  });

  it('shows in the whole tree what the layer deleted as a ghost', () => {
    const entries = [
      { path: '/etc', layer: 0, file: directory },
      { path: '/etc/app.conf', layer: 2, file: file(10) },
      { path: '/etc/hosts', layer: 0, file: file(3) },
    ];
    const rows = markedTree({ at: 2, entries }, changes.slice(0, 2));
    assert.deepEqual(lines(rows), ['- etc 13 2', '  M app.conf 10 1', '  - hosts 3 0', '  D old 500 1']);
    assert.deepEqual(
      rows.map((row) => row.layer),
      [0, 2, 0, 2],
    );
  });

  it('survives names that are those of object members, and no name at all', () => {
    const odd: LayerChange[] = [
      { path: '/__proto__/constructor', change: 'added', file: file(1) },
      { path: '/', change: 'modified', file: directory },
    ];
    assert.deepEqual(lines(changesTree(odd, 0)), ['- __proto__ 1 1', '  A constructor 1 1']);
  });

  it('writes attributes as ls does', () => {
    assert.equal(detailOf(file(1, { mode: 0o4755 })), 'rwsr-xr-x 0:0');
    assert.equal(detailOf(file(1, { mode: 0o1776 })), 'rwxrwxrwT 0:0');
    assert.equal(detailOf(file(1, { mode: 0o777, linkTarget: '../x' })), 'rwxrwxrwx 0:0 → ../x');
  });

  it('counts changes by kind', () => {
    assert.deepEqual(countChanges(changes), { added: 2, modified: 1, deleted: 1 });
  });

  it('packs rows by column, each distinct detail once', () => {
    const packed = packRows(changesTree(changes, 2));
    assert.equal(packed.marks, ' MDA A');
    assert.equal(packed.types, 'iffdif');
    assert.equal(packed.names.length, 6);
    assert.equal(new Set(packed.details).size, packed.details.length);
    assert.equal(packed.details[packed.detailOf[1] ?? -1], 'content · rw-r--r-- 0:0');
  });

  it('lays out 20,000 files within 200 ms', () => {
    const many = Array.from({ length: 20_000 }, (_, i): LayerChange => {
      return { path: `/usr/lib/d${i % 200}/e${i % 7}/f${i}`, change: 'added', file: file(i) };
    });
    const start = performance.now();
    const packed = packRows(changesTree(many, 0));
    const took = performance.now() - start;
    assert.equal(packed.names.length, 20_000 + 2 + 200 + 1400);
    assert.ok(took < 200, `took ${took} ms`);
  });
});
