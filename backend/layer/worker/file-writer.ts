import { createHash, hash as hashOnce, type Hash } from 'node:crypto';
import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { Digest } from '../../oci/digest.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
/** A hole beyond this is not worth hashing its zeros for: the file goes without digest. */
const MAX_HASHED_HOLE = 2 ** 30;
const ZEROS = Buffer.alloc(2 ** 16);

/** Writes the content of one new file and computes its digest on the way. */
export class FileWriter {
  readonly fd: number;
  readonly #size: number;
  #end = 0;
  #hash: Hash | null = null;
  #digest: string | null = null;
  #hashable = true;

  constructor(path: Buffer, mode: number, size: number) {
    this.fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    this.#size = size;
  }

  write(bytes: Buffer, offset: number): void {
    this.#hole(offset);
    // Most files come in one piece: hashing that at once costs a third of a Hash object.
    if (bytes.length === this.#size) this.#digest = hashOnce('sha256', bytes, 'hex');
    else if (this.#hashable) this.#update(bytes);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.fd, bytes, done, bytes.length - done, offset + done);
    this.#end = offset + bytes.length;
  }

  /** The content is whole; the file stays open. Undefined for a file with a giant hole. */
  finish(): Digest | undefined {
    if (this.#end < this.#size) {
      this.#hole(this.#size);
      ftruncateSync(this.fd, this.#size);
    }
    if (!this.#hashable) return undefined;
    const hex = this.#digest ?? this.#hash?.digest('hex') ?? hashOnce('sha256', '', 'hex');
    return `sha256:${hex}` as Digest;
  }

  close(): void {
    closeSync(this.fd);
  }

  #update(bytes: Buffer): void {
    this.#hash ??= createHash('sha256');
    this.#hash.update(bytes);
  }

  #hole(until: number): void {
    if (until - this.#end > MAX_HASHED_HOLE) this.#hashable = false;
    for (let at = this.#end; this.#hashable && at < until; at += ZEROS.length)
      this.#update(ZEROS.subarray(0, Math.min(ZEROS.length, until - at)));
    this.#end = Math.max(this.#end, until);
  }
}
