const LONGEST = 4096;

/** The beginning of what a probe says; as with Docker, dots stand for the rest. */
export class ProbeOutput {
  readonly #chunks: Buffer[] = [];
  #free = LONGEST;
  #cut = false;

  add(chunk: Buffer): void {
    if (chunk.length > this.#free) this.#cut = true;
    // A copy: the part of a large buffer would keep the whole of it alive.
    if (this.#free > 0) this.#chunks.push(Buffer.from(chunk.subarray(0, this.#free)));
    this.#free = Math.max(0, this.#free - chunk.length);
  }

  text(): string {
    return `${Buffer.concat(this.#chunks).toString()}${this.#cut ? '...' : ''}`;
  }
}
