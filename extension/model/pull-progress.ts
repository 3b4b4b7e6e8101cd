import type { PullProgress } from '../client/shapes/images.ts';
import { formatBytes } from './format.ts';

interface LayerProgress {
  current: number;
  total: number;
  done: boolean;
}

/** Adds up the lines of a pull's progress stream into one sentence and a share. */
export class PullMeter {
  readonly #layers = new Map<string, LayerProgress>();

  add(line: PullProgress): void {
    if (line.id === undefined || line.status === undefined) return;
    const status = line.status.toLowerCase();
    // `Pulling from library/x` carries the tag as its id; it is no layer.
    if (status.startsWith('pulling from')) return;
    const layer = this.#layers.get(line.id) ?? { current: 0, total: 0, done: false };
    if (status.startsWith('downloading')) {
      layer.current = line.progressDetail?.current ?? layer.current;
      layer.total = line.progressDetail?.total ?? layer.total;
    }
    if (status.startsWith('download complete')) layer.current = layer.total;
    if (status.startsWith('pull complete') || status.startsWith('already exists')) {
      layer.current = layer.total;
      layer.done = true;
    }
    this.#layers.set(line.id, layer);
  }

  /** `3 of 8 layers, 120 MB of 300 MB`; empty before the first layer is known. */
  get sentence(): string {
    const layers = Array.from(this.#layers.values());
    if (layers.length === 0) return '';
    const done = layers.filter((layer) => layer.done).length;
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    const current = layers.reduce((sum, layer) => sum + Math.min(layer.current, layer.total), 0);
    const bytes = total === 0 ? '' : `, ${formatBytes(current)} of ${formatBytes(total)}`;
    return `${done} of ${layers.length} layers${bytes}`;
  }

  /** 0 to 1. Bytes count for nine tenths, the rest is for applying them. */
  get share(): number {
    const layers = Array.from(this.#layers.values());
    if (layers.length === 0) return 0;
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    const current = layers.reduce((sum, layer) => sum + Math.min(layer.current, layer.total), 0);
    const done = layers.filter((layer) => layer.done).length / layers.length;
    return total === 0 ? done : 0.9 * (current / total) + 0.1 * done;
  }
}
