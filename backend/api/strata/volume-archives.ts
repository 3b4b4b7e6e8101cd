import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { invalidArgument } from '../../base/errors.ts';
import type { FilesContext } from '../../engine/files/files-context.ts';
import { cloneVolume } from '../../engine/volumes/clone-volume.ts';
import { exportVolume } from '../../engine/volumes/export-volume.ts';
import { importVolume } from '../../engine/volumes/import-volume.ts';
import type { Route } from '../route.ts';
import { flag } from '../wire/query.ts';
import { cloneRequestSchema } from '../wire/strata-volumes.ts';
import { Progress } from './volume-progress.ts';

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

/** As with an import, what fails right away is told by the status. */
export const cloneRoute = (files: FilesContext): Route => ({
  method: 'POST',
  path: `${PATH}/clone`,
  handle: async ({ params, json, signal }, response) => {
    const { name, labels } = cloneRequestSchema.parse(await json());
    const progress = new Progress(response, 'cloning', null);
    const onBytes = (bytes: number): void => progress.add(bytes);
    try {
      await cloneVolume(files, { volume: params['name'] ?? '', name, labels, signal, onBytes });
      progress.done();
    } catch (error) {
      progress.failed(error);
    }
    return undefined;
  },
});
