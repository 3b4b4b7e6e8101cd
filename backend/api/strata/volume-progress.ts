import type { ServerResponse } from 'node:http';
import { messageOf } from '../../base/errors.ts';
import type { VolumeProgress } from '../wire/strata-volumes.ts';

/** Milliseconds between two lines. */
const INTERVAL = 100;

/** The lines of a transfer's answer. */
export class Progress {
  readonly #response: ServerResponse;
  readonly #status: 'importing' | 'cloning';
  readonly #total: number | null;
  #current = 0;
  // What fails right away is told by the status.
  #told = Date.now();

  constructor(response: ServerResponse, status: 'importing' | 'cloning', total: number | null) {
    this.#response = response;
    this.#status = status;
    this.#total = total;
  }

  add(bytes: number): void {
    this.#current += bytes;
    const now = Date.now();
    // A client that does not read misses counts: its lines must not pile up here.
    if (now - this.#told < INTERVAL || this.#response.writableNeedDrain) return;
    this.#told = now;
    this.#line({ status: this.#status });
  }

  done(): void {
    this.#line({ status: 'done' });
    this.#response.end();
  }

  /** @throws it, where nothing has been said yet */
  failed(error: unknown): void {
    if (!this.#response.headersSent) throw error;
    this.#line({ status: 'error', error: messageOf(error) });
    this.#response.end();
  }

  #line(line: Pick<VolumeProgress, 'status' | 'error'>): void {
    if (this.#response.destroyed) return;
    if (!this.#response.headersSent)
      this.#response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    const whole: VolumeProgress = { ...line, current: this.#current, total: this.#total };
    this.#response.write(`${JSON.stringify(whole)}\n`);
  }
}
