import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { invalidArgument, messageOf } from '../../base/errors.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import { exportVolume } from '../../engine/volumes/export-volume.ts';
import { importVolume } from '../../engine/volumes/import-volume.ts';
import type { Route } from '../route.ts';
import { flag } from '../wire/query.ts';
import type { VolumeProgress } from '../wire/strata-volumes.ts';

const PATH = '/strata/v1/volumes/:name';

const COMPRESSORS: Readonly<Record<string, { type: string; make: () => NodeJS.ReadWriteStream }>> = {
  none: { type: 'application/x-tar', make: () => new PassThrough() },
  gzip: { type: 'application/gzip', make: () => createGzip({ level: 1 }) },
  zstd: { type: 'application/zstd', make: () => createZstdCompress() },
};

export const exportRoute = (files: FilesContext): Route => ({
  method: 'GET',
  path: `${PATH}/export`,
  handle: async ({ method, params, query, signal }, response) => {
    const compress = query.get('compress') || 'none';
    const compressor = COMPRESSORS[compress];
    if (!compressor)
      throw invalidArgument(
        `invalid value ${JSON.stringify(compress)} for parameter compress: expected none, gzip or zstd`,
      );
    const path = query.get('path') || '/';
    const content = await exportVolume(files, { volume: params['name'] ?? '', path });
    response.writeHead(200, { 'Content-Type': compressor.type });
    if (method === 'HEAD') return void (content.destroy(), response.end());
    try {
      await pipeline(content, compressor.make(), response, { signal });
    } catch {
      // The head is out: cutting the connection is the one way left to say that this was not all.
      response.destroy();
    }
    return undefined;
  },
});

/** Before its first line a failure is an HTTP status, afterwards it is a line. */
export const importRoute = (files: FilesContext): Route => ({
  method: 'POST',
  path: `${PATH}/import`,
  handle: async ({ params, query, headers, raw, signal }, response) => {
    const length = headers['content-length'];
    const progress = new Progress(response, 'importing', length === undefined ? null : Number(length));
    const onBytes = (bytes: number): void => progress.add(bytes);
    try {
      const volume = params['name'] ?? '';
      const replace = flag(query, 'replace');
      await importVolume(files, { volume, source: raw, replace, signal, onBytes });
      progress.done();
    } catch (error) {
      progress.failed(error);
    } finally {
      // What is left of the body is read and dropped: else the client would not come to see the answer.
      raw.unpipe().resume();
    }
    return undefined;
  },
});

/** Milliseconds between two lines. */
const INTERVAL = 100;

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
