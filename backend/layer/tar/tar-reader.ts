import { buildEntry, withFragments, type LongNames } from './build-entry.ts';
import { BLOCK, isZeroBlock, parseHeaderBlock, type HeaderBlock } from './header-block.ts';
import { BlockCarry } from './block-carry.ts';
import { malformed } from './malformed.ts';
import { emptyRecords, parsePax, type PaxRecords } from './pax.ts';
import { parseNumber } from './numbers.ts';
import { checkFragments, readGnuFragments, SparseMap } from './sparse.ts';
import type { Fragment, TarEntry, TarLimits, TarSink } from './tar-entry.ts';

type State = 'header' | 'extension' | 'gnu-sparse' | 'sparse-map' | 'content' | 'end';

const NO_LONG_NAMES: LongNames = { name: undefined, linkName: undefined };
/** Blocks of 21 fragments that may follow a sparse header of the old GNU format. */
const GNU_FRAGMENTS = 21;

/**
 * Reads a tar archive that arrives in pieces of any size: USTAR with prefixes, GNU (long names, base-256
 * numbers, sparse) and PAX (global and per entry). Works on bytes; nothing is decoded.
 *
 *   const reader = new TarReader(sink, { maxHeaderBytes });
 *   for (const chunk of chunks) reader.push(chunk);
 *   reader.end();
 *
 * Both calls throw invalid-argument that names the entry. An archive without the two zero blocks at its
 * end is accepted, as Go's reader does, when it stops between two entries; `terminated` tells.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #limits: TarLimits;
  readonly #carry = new BlockCarry();
  #state: State = 'header';
  #zeroBlocks = 0;
  #global: PaxRecords = emptyRecords();
  #pax: PaxRecords | null = null;
  #long: LongNames = NO_LONG_NAMES;
  #extension = { typeflag: '', missing: 0, pieces: [] as Buffer[] };
  #entry: TarEntry | null = null;
  #map: SparseMap | null = null;
  /** Bytes of the current entry's content that have not come yet, and how many have. */
  #missing = 0;
  #padding = 0;
  #offset = 0;
  #fragment = 0;
  #fragmentDone = 0;
  #lastName = '';

  constructor(sink: TarSink, limits: TarLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Byte string of the entry that was read last. */
  get lastName(): string {
    return this.#lastName;
  }

  get terminated(): boolean {
    return this.#state === 'end';
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.#state !== 'end'; ) at += this.#step(chunk, at);
  }

  end(): void {
    const between = this.#state === 'header' && this.#carry.isEmpty && this.#padding === 0;
    const nothingBegun = this.#pax === null && this.#long === NO_LONG_NAMES;
    if (this.terminated || (between && nothingBegun)) return;
    throw malformed(this.#lastName, 'the archive ends within or right after this entry');
  }

  /** Uses up some bytes of the chunk and returns how many. */
  #step(chunk: Buffer, at: number): number {
    if (this.#state === 'content') return this.#content(chunk, at);
    if (this.#state === 'extension') return this.#collect(chunk, at);
    if (this.#padding > 0) {
      const skipped = Math.min(this.#padding, chunk.length - at);
      this.#padding -= skipped;
      return skipped;
    }
    const taken = this.#carry.take(chunk, at);
    if (this.#carry.block) this.#block(this.#carry.block);
    return taken;
  }

  #block(block: Buffer): void {
    if (this.#state === 'gnu-sparse') this.#gnuSparse(block, 0, GNU_FRAGMENTS, 504);
    else if (this.#state === 'sparse-map') this.#sparseMap(block);
    else if (isZeroBlock(block)) this.#zeroBlock();
    else if (this.#zeroBlocks > 0) throw malformed(this.#lastName, 'a lone zero block follows it');
    else this.#header(block);
  }

  #zeroBlock(): void {
    this.#zeroBlocks += 1;
    if (this.#zeroBlocks === 2) this.#state = 'end';
  }

  #header(raw: Buffer): void {
    const block = parseHeaderBlock(raw, this.#lastName);
    if ('xgLKX'.includes(block.typeflag)) this.#beginExtension(block);
    else if (block.typeflag === 'V') this.#skip(block);
    else this.#begin(block, raw);
  }

  #beginExtension({ typeflag, name, size }: HeaderBlock): void {
    if (size < 0 || size > this.#limits.maxHeaderBytes)
      throw malformed(name, `an extension header of ${size} bytes is over the limit`);
    this.#extension = { typeflag, missing: size, pieces: [] };
    this.#padding = paddingOf(size);
    if (size > 0) this.#state = 'extension';
  }

  #collect(chunk: Buffer, at: number): number {
    const extension = this.#extension;
    const piece = chunk.subarray(at, at + extension.missing);
    extension.pieces.push(Buffer.from(piece));
    extension.missing -= piece.length;
    if (extension.missing === 0) {
      this.#state = 'header';
      this.#extend(extension.typeflag, Buffer.concat(extension.pieces));
    }
    return piece.length;
  }

  #extend(typeflag: string, content: Buffer): void {
    const name = (): string =>
      content.toString('latin1', 0, (content.indexOf(0) + 1 || content.length + 1) - 1);
    if (typeflag === 'g') this.#global = parsePax(content, this.#global, this.#lastName);
    else if (typeflag === 'L') this.#long = { ...this.#long, name: name() };
    else if (typeflag === 'K') this.#long = { ...this.#long, linkName: name() };
    else this.#pax = parsePax(content, this.#global, this.#lastName);
  }

  /** A volume label is about the medium and no file. */
  #skip({ size }: HeaderBlock): void {
    this.#padding = Math.max(0, size) + paddingOf(size);
  }

  #begin(block: HeaderBlock, raw: Buffer): void {
    const { entry, stored, mapInContent } = buildEntry(block, this.#long, this.#pax ?? this.#global);
    this.#lastName = entry.name;
    this.#pax = null;
    this.#long = NO_LONG_NAMES;
    this.#entry = entry;
    this.#missing = stored;
    this.#padding = 0;
    if (block.typeflag === 'S') {
      const realSize = parseNumber(raw, 483, 12);
      if (realSize === undefined) throw malformed(entry.name, 'unreadable size in its header');
      this.#entry = withFragments(entry, [], realSize);
      this.#gnuSparse(raw, 386, 4, 482);
    } else if (mapInContent) {
      this.#map = new SparseMap(entry.name, this.#limits.maxHeaderBytes);
      this.#state = 'sparse-map';
    } else this.#beginContent(this.#entry);
  }

  #gnuSparse(block: Buffer, offset: number, count: number, extendedAt: number): void {
    const entry = this.#current();
    const more = readGnuFragments(block, offset, count, entry.name);
    const fragments: Fragment[] = [...(entry.sparse ?? []), ...more];
    if (fragments.length * 24 > this.#limits.maxHeaderBytes)
      throw malformed(entry.name, 'its sparse map is too large');
    this.#entry = withFragments(entry, fragments);
    if (block[extendedAt]) this.#state = 'gnu-sparse';
    else this.#beginContent(this.#entry);
  }

  #sparseMap(block: Buffer): void {
    const entry = this.#current();
    this.#missing -= BLOCK;
    const fragments = this.#map?.add(block);
    if (this.#missing < 0) throw malformed(entry.name, 'its sparse map does not fit its content');
    if (fragments) this.#beginContent(withFragments(entry, fragments));
  }

  #beginContent(entry: TarEntry): void {
    this.#entry = entry;
    if (entry.sparse) checkFragments(entry.sparse, entry.size, this.#missing, entry.name);
    this.#padding = paddingOf(this.#missing);
    this.#offset = 0;
    this.#fragment = 0;
    this.#fragmentDone = 0;
    this.#sink.entry(entry);
    this.#state = 'content';
    if (this.#missing === 0) this.#endEntry();
  }

  #content(chunk: Buffer, at: number): number {
    const piece = chunk.subarray(at, at + Math.min(this.#missing, this.#fragmentLeft()));
    if (piece.length > 0) this.#sink.content(piece, this.#offset);
    this.#offset += piece.length;
    this.#fragmentDone += piece.length;
    this.#missing -= piece.length;
    if (this.#missing === 0) this.#endEntry();
    return piece.length;
  }

  /** Moves on to the fragment that the next byte belongs to; the whole content of a plain file is one. */
  #fragmentLeft(): number {
    const fragments = this.#entry?.sparse;
    if (!fragments) return this.#missing;
    for (; this.#fragment < fragments.length; this.#fragment += 1, this.#fragmentDone = 0) {
      const { offset, length } = fragments[this.#fragment] ?? { offset: 0, length: 0 };
      this.#offset = offset + this.#fragmentDone;
      if (this.#fragmentDone < length) return length - this.#fragmentDone;
    }
    return 0;
  }

  #endEntry(): void {
    this.#state = 'header';
    this.#entry = null;
    this.#map = null;
    this.#sink.endOfEntry();
  }

  #current(): TarEntry {
    if (!this.#entry) throw malformed(this.#lastName, 'sparse header without an entry');
    return this.#entry;
  }
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
