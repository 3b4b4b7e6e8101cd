import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import {
  type StrataVolume,
  strataVolumeSchema,
  strataVolumesSchema,
  type VolumeEntry,
  volumeEntrySchema,
  volumeProgressSchema,
  type VolumeTree,
  volumeTreeSchema,
} from '../../backend/api/wire/strata-volumes.ts';
import { type Api, pathOf } from './api.ts';
import { ApiError, isNotFound } from './api-error.ts';
import { readNdjson } from './ndjson.ts';

const longMs = 30 * 60_000;

/** Without sizes. An engine that does not know the question has none to show. */
export async function listVolumes(api: Api, signal?: AbortSignal): Promise<StrataVolume[]> {
  try {
    const request = { path: '/strata/v1/volumes', ...(signal === undefined ? {} : { signal }) };
    return (await api.json(strataVolumesSchema, request)).volumes;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** With its size. */
export function describeVolume(api: Api, name: string): Promise<StrataVolume> {
  return api.json(strataVolumeSchema, { path: pathOf`/strata/v1/volumes/${name}`, timeoutMs: 120_000 });
}

export function inspectVolumeRaw(api: Api, name: string): Promise<unknown> {
  return api.json(z.unknown(), { path: pathOf`/volumes/${name}` });
}

export function createVolume(api: Api, name: string): Promise<void> {
  return api.send({ method: 'POST', path: '/volumes/create', body: { Name: name } });
}

export function removeVolume(api: Api, name: string): Promise<void> {
  return api.send({ method: 'DELETE', path: pathOf`/volumes/${name}`, timeoutMs: 120_000 });
}

const prunedSchema = z.object({ VolumesDeleted: z.array(z.string()).nullish(), SpaceReclaimed: z.number() });

/** Those that no container has; without `all` only those that were made without a name. */
export async function pruneVolumes(api: Api, all: boolean): Promise<{ count: number; bytes: number }> {
  const filters = all ? JSON.stringify({ all: ['1'] }) : undefined;
  const request = { method: 'POST', path: '/volumes/prune', query: { filters }, timeoutMs: longMs } as const;
  const { VolumesDeleted, SpaceReclaimed } = await api.json(prunedSchema, request);
  return { count: VolumesDeleted?.length ?? 0, bytes: SpaceReclaimed };
}

/** One page of a directory. */
export function volumeTree(
  api: Api,
  volume: string,
  page: { path: string; after?: string; limit?: number },
): Promise<VolumeTree> {
  return api.json(volumeTreeSchema, {
    path: `${baseOf(volume)}/tree`,
    query: { ...page },
    timeoutMs: 60_000,
  });
}

export function volumeStat(api: Api, volume: string, path: string): Promise<VolumeEntry> {
  return api.json(volumeEntrySchema, { path: `${baseOf(volume)}/stat`, query: { path } });
}

/** The content of a file; with HEAD its headers alone. */
export function volumeFile(
  api: Api,
  volume: string,
  path: string,
  method: 'GET' | 'HEAD' = 'GET',
): Promise<IncomingMessage> {
  return api.stream({ method, path: `${baseOf(volume)}/file`, query: { path } });
}

export function writeVolumeFile(
  api: Api,
  volume: string,
  file: { path: string; create: boolean; content: Uint8Array },
): Promise<void> {
  const { content, path, create } = file;
  const query = { path, create };
  return api.send({ method: 'PUT', path: `${baseOf(volume)}/file`, query, content, timeoutMs: 300_000 });
}

export function removeVolumePath(api: Api, volume: string, path: string, recursive: boolean): Promise<void> {
  const query = { path, recursive };
  return api.send({ method: 'DELETE', path: `${baseOf(volume)}/file`, query, timeoutMs: 300_000 });
}

export function makeVolumeDirectory(api: Api, volume: string, path: string): Promise<void> {
  return api.send({ method: 'POST', path: `${baseOf(volume)}/directories`, query: { path } });
}

export function renameVolumePath(
  api: Api,
  volume: string,
  body: { from: string; to: string; overwrite: boolean },
): Promise<void> {
  return api.send({ method: 'POST', path: `${baseOf(volume)}/rename`, body });
}

/** A tar archive, compressed with gzip. Its stream breaks off where it is not whole. */
export function exportVolume(api: Api, volume: string, signal: AbortSignal): Promise<IncomingMessage> {
  return api.stream({ path: `${baseOf(volume)}/export`, query: { compress: 'gzip' }, signal });
}

type OnBytes = (current: number, total: number | undefined) => void;

/** A new volume with the content of another one. */
export async function cloneVolume(
  api: Api,
  volume: string,
  name: string,
  { onBytes, signal }: { onBytes: OnBytes; signal: AbortSignal },
): Promise<void> {
  const path = `${baseOf(volume)}/clone`;
  await follow(
    await api.stream({ method: 'POST', path, body: { name }, signal, timeoutMs: longMs }),
    onBytes,
  );
}

/** An archive of `total` bytes becomes the content of an empty volume, or of any with `replace`. */
export async function importVolume(
  api: Api,
  volume: string,
  archive: { content: Readable; total: number; replace: boolean },
  { onBytes, signal }: { onBytes: OnBytes; signal: AbortSignal },
): Promise<void> {
  const { content, total, replace } = archive;
  const response = await api.stream({
    method: 'POST',
    path: `${baseOf(volume)}/import`,
    query: { replace },
    headers: { 'content-type': 'application/x-tar', 'content-length': String(total) },
    content,
    signal,
    timeoutMs: longMs,
  });
  await follow(response, onBytes);
}

/** A failure after the first line arrives as a line. */
async function follow(response: IncomingMessage, onBytes: OnBytes): Promise<void> {
  let done = false;
  for await (const line of readNdjson(response)) {
    const { status, current, total, error } = volumeProgressSchema.parse(line);
    if (status === 'error') throw new ApiError(500, error ?? 'the engine gave up');
    done = status === 'done';
    onBytes(current, total ?? undefined);
  }
  if (!done) throw new Error('the engine broke off');
}

const baseOf = (volume: string): string => pathOf`/strata/v1/volumes/${volume}`;
