import type { TreeRow } from './layer-tree.ts';

/**
 * Rows by column, for the way into a webview: a tree of 50,000 files has few distinct details and
 * four marks, and as objects its JSON would be three times as long.
 */
export interface PackedRows {
  names: string[];
  depths: number[];
  ends: number[];
  /** One character a row: `A`, `M`, `D` or a space. */
  marks: string;
  /** One character a row: the first letter of the type; a pipe is `p`, an implied directory `i`. */
  types: string;
  sizes: number[];
  layers: number[];
  changed: number[];
  details: string[];
  /** Index into `details`. */
  detailOf: number[];
}

const typeLetters: Record<TreeRow['type'], string> = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  char: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
  implied: 'i',
};

export function packRows(rows: readonly TreeRow[]): PackedRows {
  const details = new Map<string, number>();
  const detailOf = rows.map((row) => {
    const known = details.get(row.detail);
    if (known !== undefined) return known;
    details.set(row.detail, details.size);
    return details.size - 1;
  });
  return {
    names: rows.map((row) => row.name),
    depths: rows.map((row) => row.depth),
    ends: rows.map((row) => row.end),
    marks: rows.map((row) => row.mark || ' ').join(''),
    types: rows.map((row) => typeLetters[row.type]).join(''),
    sizes: rows.map((row) => row.size),
    layers: rows.map((row) => row.layer),
    changed: rows.map((row) => row.changed),
    details: Array.from(details.keys()),
    detailOf,
  };
}
