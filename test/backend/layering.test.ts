import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'mocha';

const ROOT = join(import.meta.dirname, '..', '..');

/** From left to right: a part may import what stands further right, and itself. */
const ORDER = [
  ['main.ts', 'cli', 'package'],
  ['api'],
  ['engine'],
  ['registry', 'image', 'layer', 'snapshot', 'runtime', 'network', 'volume', 'build'],
  ['store', 'linux'],
  ['oci', 'base'],
];
/** The one import between neighbours: a snapshot is a stack of layers. */
const NEIGHBOURS = new Set(['snapshot → layer']);

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|new URL\(\s*'([^']+\.ts)'/g;

interface Edge {
  from: string;
  to: string;
  typeOnly: boolean;
}

describe('imports', () => {
  const backend = edgesBelow('backend');
  const extension = edgesBelow('extension');

  it('are seen at all', () => {
    assert.ok(backend.length > 100, `${backend.length} edges in backend/`);
    assert.ok(extension.length > 50, `${extension.length} edges in extension/`);
  });

  it('inside the daemon go only to the right', () => {
    assert.deepEqual(backend.filter((edge) => !isAllowed(edge)).map(show), []);
  });

  it('of the daemon never name the extension or a test', () => {
    assert.deepEqual(backend.filter(({ to }) => /^(extension|test)\//.test(to)).map(show), []);
  });

  it('of the extension from the daemon name only backend/api/wire', () => {
    const foreign = extension.filter(({ to }) => to.startsWith('backend/'));
    assert.ok(foreign.length > 0, 'the extension imports nothing of the wire: nothing was checked');
    assert.deepEqual(foreign.filter(({ to }) => !to.startsWith('backend/api/wire/')).map(show), []);
  });

  it('of the extension never name a test, and its model never names vscode', () => {
    assert.deepEqual(extension.filter(({ to }) => to.startsWith('test/')).map(show), []);
    const model = extension.filter(({ from, to }) => from.startsWith('extension/model/') && to === 'vscode');
    assert.deepEqual(model.map(show), []);
  });
});

const show = ({ from, to }: Edge) => `${from} → ${to}`;

function isAllowed({ from, to }: Edge): boolean {
  if (!to.startsWith('backend/')) return true;
  const [source, target] = [partOf(from), partOf(to)];
  const [left, right] = [columnOf(source), columnOf(target)];
  assert.ok(left >= 0, `${from} belongs to no part that this test knows`);
  assert.ok(right >= 0, `${to} belongs to no part that this test knows`);
  if (source === target || left < right) return true;
  if (left === 0 && right === 0) return true;
  // Values and errors, the store and the seam to the kernel, are two pairs at the right end.
  if (left >= 4 && left === right) return true;
  return NEIGHBOURS.has(`${source} → ${target}`);
}

// What lies beside main.ts composes, as it does.
const partOf = (path: string) => (path.split('/').length === 2 ? 'main.ts' : (path.split('/')[1] ?? ''));
const columnOf = (part: string) => ORDER.findIndex((column) => column.includes(part));

/** Every static and dynamic import, re-export and worker URL of the TypeScript files of a folder. */
function edgesBelow(folder: string): Edge[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.ts')).flatMap((name) => edgesOf(join(folder, name)));
}

function edgesOf(file: string): Edge[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? match[5] ?? '';
    const isOurs = specifier.startsWith('.');
    const to = isOurs ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier;
    return { from: file, to, typeOnly: match[1] !== undefined };
  });
}
