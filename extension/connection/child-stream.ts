import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex } from 'node:stream';

/**
 * A program's standard input and output as one stream. Its end is told when the program is over, so that
 * a failure is known by its exit code and last words and not by a pipe that closed a moment earlier.
 */
export class ChildStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(child: ChildProcessWithoutNullStreams, failure: (why: string, said: string) => Error) {
    super({ allowHalfOpen: true });
    this.#child = child;
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-2000);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) child.stdout.pause();
    });
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => this.destroy(failure(`cannot be started: ${error.message}`, said.trim())));
    child.once('close', (code) => {
      if (code === 0) this.push(null);
      else
        this.destroy(
          failure(code === null ? 'was ended by a signal' : `ended with exit code ${code}`, said.trim()),
        );
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // A program that is gone says why by its exit code.
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    this.#child.stdout.resume();
    done(error);
  }
}
