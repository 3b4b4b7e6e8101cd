import { text } from './header-block.ts';
import { malformed } from './malformed.ts';
import { parseDecimal, parseNumber } from './numbers.ts';
import type { PaxRecords } from './pax.ts';
import type { Fragment } from './tar-entry.ts';

/** Fragments of the old GNU format ('S'): pairs of 12-byte numbers, ended by an empty one. */
export function readGnuFragments(block: Buffer, offset: number, count: number, name: string): Fragment[] {
  const fragments: Fragment[] = [];
  for (let at = offset; at < offset + count * 24; at += 24) {
    if (text(block, at, 1) === '' && block[at + 12] === 0) break;
    fragments.push(fragment(parseNumber(block, at, 12), parseNumber(block, at + 12, 12), name));
  }
  return fragments;
}

/** Fragments of the PAX formats 0.0 (repeated records) and 0.1 (one record); null where there are none. */
export function readPaxFragments(pax: PaxRecords, name: string): Fragment[] | null {
  const map = pax.values.get('GNU.sparse.map');
  const numbers = map === undefined ? pax.sparseNumbers : map.split(',');
  if (map === undefined && numbers.length === 0) return null;
  return pairs(numbers, name);
}

/**
 * Collects the map of the PAX format 1.0, which stands before the content in blocks of its own:
 * the number of fragments and their numbers, each ended by a newline.
 */
export class SparseMap {
  readonly #name: string;
  readonly #maxBytes: number;
  #text = '';
  #newlines = 0;
  #count: number | undefined;

  constructor(name: string, maxBytes: number) {
    this.#name = name;
    this.#maxBytes = maxBytes;
  }

  /** Takes a block; returns the fragments once the map is whole. */
  add(block: Buffer): Fragment[] | null {
    this.#text += block.toString('latin1');
    if (this.#text.length > this.#maxBytes) throw malformed(this.#name, 'its sparse map is too large');
    for (const byte of block) if (byte === 0x0a) this.#newlines += 1;
    this.#count ??= parseDecimal(/^(\d{1,9})\n/.exec(this.#text)?.[1] ?? '');
    if (this.#count === undefined) throw malformed(this.#name, 'unreadable sparse map');
    const lines = 1 + 2 * this.#count;
    return this.#newlines < lines ? null : pairs(this.#text.split('\n', lines).slice(1), this.#name);
  }
}

/**
 * Fragments have to be in order, inside the file, and to account for every stored byte: otherwise the
 * bytes after them would be read at the wrong place.
 */
export function checkFragments(
  fragments: readonly Fragment[],
  size: number,
  stored: number,
  name: string,
): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of fragments) {
    if (offset < end) throw malformed(name, 'its sparse map overlaps itself');
    end = offset + length;
    total += length;
  }
  if (end > size) throw malformed(name, 'its sparse map reaches beyond its size');
  if (total !== stored) throw malformed(name, 'its sparse map does not fit its content');
}

function pairs(numbers: readonly string[], name: string): Fragment[] {
  if (numbers.length % 2 !== 0) throw malformed(name, 'unreadable sparse map');
  const fragments: Fragment[] = [];
  for (let at = 0; at < numbers.length; at += 2)
    fragments.push(fragment(parseDecimal(numbers[at] ?? ''), parseDecimal(numbers[at + 1] ?? ''), name));
  return fragments;
}

function fragment(offset: number | undefined, length: number | undefined, name: string): Fragment {
  if (offset === undefined || length === undefined || offset < 0 || length < 0)
    throw malformed(name, 'unreadable sparse map');
  return { offset, length };
}
