import assert from 'node:assert/strict';
import type { LayerChange } from '../../../backend/api/wire/strata-layers.ts';
import { changesTree } from '../../../extension/model/layer-tree.ts';
import { type PackedRows, packRows } from '../../../extension/model/pack-rows.ts';

type Filter = (name: string, path: string) => boolean;
interface Rows {
  pathOf(rows: PackedRows, i: number): string;
  parentOf(rows: PackedRows, i: number): number;
  rowOfPath(rows: PackedRows, path: string): number;
  filterOf(text: string): Filter | undefined;
  matchRows(rows: PackedRows, filter: Filter): { kept: Uint8Array; matches: number };
  visibleRows(rows: PackedRows, isOpen: (i: number) => boolean, kept?: Uint8Array): number[];
  firstOpen(rows: PackedRows, most?: number): Set<number>;
  bytes(size: number): string;
}
// The page's own script, run without a page; media/ holds no types.
const script = new URL('../../../media/layer-explorer/rows.js', import.meta.url).href;

describe('the lines of the file tree', () => {
  let page: Rows;
  const paths = [
    '/etc/nginx/nginx.conf',
    '/etc/hosts',
    '/usr/lib/x86/libc.so.6',
    '/usr/lib/x86/libm.so',
    '/var/a.b',
  ];
  const changes = paths.map((path): LayerChange => ({ path, change: 'added' }));
  const rows = packRows(changesTree(changes, 0));
  const shown = (visible: number[]) => visible.map((i) => page.pathOf(rows, i));

  before(async () => {
    page = (await import(script)) as Rows;
  });

  it('knows the path of every row, and the row of every path', () => {
    const all = rows.names.map((_, i) => page.pathOf(rows, i));
    assert.deepEqual(all.filter((path) => paths.includes(path)).sort(), paths.toSorted());
    all.forEach((path, i) => assert.equal(page.rowOfPath(rows, path), i));
    assert.equal(page.rowOfPath(rows, '/etc/none'), -1);
  });

  it('knows the directory that holds a row', () => {
    const hosts = page.rowOfPath(rows, '/etc/hosts');
    assert.equal(page.pathOf(rows, page.parentOf(rows, hosts)), '/etc');
    assert.equal(page.parentOf(rows, 0), -1);
  });

  it('hides what is below a closed directory', () => {
    assert.deepEqual(shown(page.visibleRows(rows, () => false)), ['/etc', '/usr', '/var']);
    const etc = page.rowOfPath(rows, '/etc');
    assert.deepEqual(shown(page.visibleRows(rows, (i) => i === etc)), [
      '/etc',
      '/etc/nginx',
      '/etc/hosts',
      '/usr',
      '/var',
    ]);
  });

  const found = (text: string) => {
    const filter = page.filterOf(text);
    assert.ok(filter);
    const { kept } = page.matchRows(rows, filter);
    return shown(Array.from(kept.keys()).filter((i) => kept[i] === 2));
  };

  it('finds a part of a path whatever its case', () => {
    assert.deepEqual(found('NGINX.c'), ['/etc/nginx/nginx.conf']);
    assert.deepEqual(found('x86/libm'), ['/usr/lib/x86/libm.so']);
  });

  it('finds by glob: on the name without a slash, on the path with one', () => {
    assert.deepEqual(found('*.so*'), ['/usr/lib/x86/libc.so.6', '/usr/lib/x86/libm.so']);
    assert.deepEqual(found('/usr/**/*.so'), ['/usr/lib/x86/libm.so']);
    assert.deepEqual(found('nginx/*'), ['/etc/nginx/nginx.conf']);
    assert.deepEqual(found('?.b'), ['/var/a.b']);
    assert.deepEqual(found('/etc/*'), ['/etc/nginx', '/etc/hosts']);
  });

  it('takes the signs of regular expressions for what they are', () => {
    assert.deepEqual(found('a.b'), ['/var/a.b']);
    assert.deepEqual(found('*(+['), []);
  });

  it('opens the way to what the filter finds, and shows nothing else', () => {
    const filter = page.filterOf('libm');
    assert.ok(filter);
    const { kept, matches } = page.matchRows(rows, filter);
    assert.equal(matches, 1);
    assert.deepEqual(shown(page.visibleRows(rows, () => false, kept)), [
      '/usr',
      '/usr/lib',
      '/usr/lib/x86',
      '/usr/lib/x86/libm.so',
    ]);
    assert.equal(page.filterOf('  '), undefined);
  });

  it('opens small trees wholly and large ones as far as they fit', () => {
    assert.equal(page.visibleRows(rows, (i) => page.firstOpen(rows).has(i)).length, rows.names.length);
    const many = Array.from({ length: 900 }, (_, i): LayerChange => ({ path: `/a/b/${i}`, change: 'added' }));
    const large = packRows(changesTree(many, 0));
    assert.deepEqual(Array.from(page.firstOpen(large)), [0]);
  });

  it('writes sizes as the views do', () => {
    assert.deepEqual([0, 1234, 4_200_000].map(page.bytes), ['0 B', '1.23 kB', '4.2 MB']);
  });
});
