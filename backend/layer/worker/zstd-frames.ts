import { internal, invalidArgument } from '../../base/errors.ts';

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/**
 * Cuts a zstd stream (RFC 8878) at the ends of its frames, skippable ones too. Node's decompressor
 * drops what follows the end of a frame within one write, so layers of many frames, which some builders
 * make for seeking, would come out short without any error.
 */
export class ZstdFrames {
  #header = Buffer.alloc(18);
  #have = 0;
  #need = 4;
  #skip = 0;
  #state: 'magic' | 'descriptor' | 'block' | 'skippable' | 'body' = 'magic';
  #afterBody: 'block' | 'magic' = 'magic';
  #checksum = false;
  #lastBlock = false;

  /** The pieces to write, one after the other: none reaches beyond the end of a frame. */
  *cut(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let at = 0; at < chunk.length; ) {
      at += this.#state === 'body' ? this.#body(chunk.length - at) : this.#field(chunk, at);
      if (!this.#atFrameEnd()) continue;
      yield chunk.subarray(start, at);
      start = at;
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }

  #atFrameEnd(): boolean {
    return this.#state === 'magic' && this.#have === 0;
  }

  #body(available: number): number {
    const taken = Math.min(this.#skip, available);
    this.#skip -= taken;
    if (this.#skip === 0) this.#enter(this.#afterBody);
    return taken;
  }

  #field(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#header, this.#have, at, at + this.#need - this.#have);
    this.#have += taken;
    if (this.#have === this.#need) this.#parse();
    return taken;
  }

  #enter(state: 'magic' | 'descriptor' | 'block' | 'skippable'): void {
    this.#state = state;
    this.#have = 0;
    this.#need = { magic: 4, descriptor: 1, block: 3, skippable: 4 }[state];
  }

  #pass(bytes: number, then: 'block' | 'magic'): void {
    this.#skip = bytes;
    this.#afterBody = then;
    if (bytes === 0) this.#enter(then);
    else this.#state = 'body';
  }

  #parse(): void {
    if (this.#state === 'magic') this.#magic(this.#header.readUInt32LE(0));
    else if (this.#state === 'descriptor') this.#descriptor(this.#header.readUInt8(0));
    else if (this.#state === 'block') this.#block(this.#header.readUIntLE(0, 3));
    else if (this.#state === 'skippable') this.#pass(this.#header.readUInt32LE(0), 'magic');
    else throw internal('zstd frame reader in an impossible state');
  }

  #magic(magic: number): void {
    if (magic === FRAME) return this.#enter('descriptor');
    if ((magic & 0xfffffff0) >>> 0 !== SKIPPABLE) throw invalidArgument('layer is no valid zstd stream');
    this.#enter('skippable');
  }

  /** Frame header: window descriptor, dictionary id and content size follow, as their flags say. */
  #descriptor(flags: number): void {
    const single = (flags & 0x20) !== 0;
    this.#checksum = (flags & 0x04) !== 0;
    const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
    const contentSize = [single ? 1 : 0, 2, 4, 8][flags >>> 6] ?? 0;
    this.#pass((single ? 0 : 1) + dictionary + contentSize, 'block');
  }

  #block(header: number): void {
    this.#lastBlock = (header & 1) !== 0;
    // A run-length block stores one byte, whatever its size says.
    const size = ((header >>> 1) & 3) === 1 ? 1 : header >>> 3;
    if (this.#lastBlock) this.#pass(size + (this.#checksum ? 4 : 0), 'magic');
    else this.#pass(size, 'block');
  }
}
