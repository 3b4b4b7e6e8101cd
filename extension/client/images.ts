import { z } from 'zod';
import { type Api, pathOf } from './api.ts';
import { ApiError } from './api-error.ts';
import { readNdjson } from './ndjson.ts';
import {
  type ImageDetails,
  type ImageSummary,
  imageDetailsSchema,
  imageListSchema,
  type PullProgress,
  pullProgressSchema,
} from './shapes/images.ts';

export function listImages(api: Api, signal?: AbortSignal): Promise<ImageSummary[]> {
  return api.json(imageListSchema, {
    path: '/images/json',
    ...(signal === undefined ? {} : { signal }),
  });
}

export function inspectImage(api: Api, name: string): Promise<ImageDetails> {
  return api.json(imageDetailsSchema, { path: pathOf`/images/${name}/json` });
}

export function inspectImageRaw(api: Api, name: string): Promise<unknown> {
  return api.json(z.unknown(), { path: pathOf`/images/${name}/json` });
}

export function removeImage(api: Api, name: string, force: boolean): Promise<void> {
  return api.send({ method: 'DELETE', path: pathOf`/images/${name}`, query: { force }, timeoutMs: 120_000 });
}

/**
 * Pulls an image and reports every line of progress. A failure inside the stream arrives after a
 * good status, so it is looked for in the lines. Aborting the signal ends the pull in the engine too.
 */
export async function pullImage(
  api: Api,
  reference: string,
  report: (progress: PullProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await api.stream({
    method: 'POST',
    path: '/images/create',
    query: pullQueryOf(reference),
    signal,
    timeoutMs: 120_000,
  });
  for await (const line of readNdjson(response)) {
    const progress = pullProgressSchema.parse(line);
    const failure = progress.errorDetail?.message ?? progress.error;
    if (failure !== undefined) throw new ApiError(500, failure);
    report(progress);
  }
}

/** A reference without a tag would pull every tag of the repository: Docker's own clients add `latest`. */
export function pullQueryOf(reference: string): { fromImage: string; tag: string } {
  const at = reference.indexOf('@');
  if (at >= 0) return { fromImage: reference.slice(0, at), tag: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(':');
  if (colon > reference.lastIndexOf('/')) {
    return { fromImage: reference.slice(0, colon), tag: reference.slice(colon + 1) };
  }
  return { fromImage: reference, tag: 'latest' };
}
