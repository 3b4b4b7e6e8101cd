import { Transform, type TransformCallback } from 'node:stream';
import { invalidArgument } from '../../base/errors.ts';

const DEFAULT = 'ctrl-p,ctrl-q';

/** Passes typed bytes on, and calls `detach` when the key sequence was typed; the sequence itself is not passed on. */
export class DetachKeys extends Transform {
  readonly #keys: Buffer;
  readonly #detach: () => void;
  #matched = 0;

  constructor(sequence: string, detach: () => void) {
    super();
    this.#keys = parseDetachKeys(sequence || DEFAULT);
    this.#detach = detach;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const passed: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) {
          this.push(Buffer.from(passed));
          this.#detach();
          return;
        }
        continue;
      }
      // What looked like the beginning of the sequence was typing after all.
      passed.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    done(null, Buffer.from(passed));
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.from(this.#keys.subarray(0, this.#matched)));
  }
}

/** `ctrl-p,ctrl-q`, `a`, `ctrl-@`. @throws invalid-argument */
export function parseDetachKeys(sequence: string): Buffer {
  return Buffer.from(
    sequence.split(',').map((key) => {
      const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
      if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
      if (key.length === 1) return key.charCodeAt(0);
      throw invalidArgument(
        `invalid detach keys ${JSON.stringify(sequence)}: ${JSON.stringify(key)} is not a character or ctrl-x`,
      );
    }),
  );
}
