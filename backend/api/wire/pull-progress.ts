import { z } from 'zod';
import type { LayerPhase, PullEvent } from '../../engine/images/pull-progress.ts';

/** One line of a progress stream (Docker's JSONMessage), such as that of POST /images/create. */
export const progressLineSchema = z.object({
  status: z.string().optional(),
  /** A tag, or the first 12 digits of a layer. */
  id: z.string().optional(),
  progressDetail: z.object({ current: z.int().optional(), total: z.int().optional() }).optional(),
  /** The bar, drawn for clients that do not draw their own. */
  progress: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string() }).optional(),
});
export type ProgressLine = z.infer<typeof progressLineSchema>;

const STATUS: Readonly<Record<LayerPhase, string>> = {
  pulling: 'Pulling fs layer',
  downloading: 'Downloading',
  verifying: 'Verifying Checksum',
  downloaded: 'Download complete',
  extracting: 'Extracting',
  complete: 'Pull complete',
  exists: 'Already exists',
};

export function progressLines(event: PullEvent): ProgressLine[] {
  if (event.kind === 'start') return [{ status: `Pulling from ${event.path}`, id: event.tag }];
  if (event.kind === 'end') {
    const outcome = event.fresh ? 'Downloaded newer image' : 'Image is up to date';
    return [{ status: `Digest: ${event.digest}` }, { status: `Status: ${outcome} for ${event.reference}` }];
  }
  const { layer: id, phase, current, total } = event;
  const status = STATUS[phase];
  if (current === undefined || total === undefined) return [{ status, progressDetail: {}, id }];
  return [{ status, progressDetail: { current, total }, progress: progressBar(current, total), id }];
}

/** `[=====>      ]  12.3MB/45.6MB`, 50 characters wide, as Docker draws it. */
function progressBar(current: number, total: number): string {
  const done = total > 0 ? Math.min(50, Math.floor(((current / total) * 100) / 2)) : 50;
  const bar = `[${'='.repeat(done)}>${' '.repeat(50 - done)}]`;
  return `${bar} ${humanSize(current).padStart(8)}/${humanSize(total)}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Four significant digits, decimal units. */
function humanSize(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${Number(size.toPrecision(4))}${UNITS[unit] ?? ''}`;
}
