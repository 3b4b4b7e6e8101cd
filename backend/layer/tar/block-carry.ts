import { BLOCK } from './header-block.ts';

/** Cuts a stream into blocks of 512 bytes; keeps the beginning of one that ends in the next chunk. */
export class BlockCarry {
  readonly #bytes = Buffer.alloc(BLOCK);
  #length = 0;
  /** The block that the last `take` made whole. Valid until the next one. */
  block: Buffer | null = null;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Takes up to a block from the chunk and returns how many bytes that were. */
  take(chunk: Buffer, at: number): number {
    this.block = null;
    if (this.#length === 0 && chunk.length - at >= BLOCK) {
      this.block = chunk.subarray(at, at + BLOCK);
      return BLOCK;
    }
    const taken = chunk.copy(this.#bytes, this.#length, at, at + BLOCK - this.#length);
    this.#length += taken;
    if (this.#length === BLOCK) {
      this.#length = 0;
      this.block = this.#bytes;
    }
    return taken;
  }
}
