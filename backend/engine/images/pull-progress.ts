import { hexOf, type Digest } from '../../oci/digest.ts';

export type LayerPhase =
  | 'pulling'
  | 'downloading'
  | 'verifying'
  | 'downloaded'
  | 'extracting'
  | 'complete'
  | 'exists';

/** What a pull tells while it runs. */
export type PullEvent =
  | { kind: 'start'; path: string; tag: string }
  | { kind: 'layer'; layer: string; phase: LayerPhase; current?: number; total?: number }
  | { kind: 'end'; digest: Digest; reference: string; fresh: boolean };

export type OnPullEvent = (event: PullEvent) => void;

/** Ten lines a second for each layer are enough for eyes, and cost nothing. */
const INTERVAL = 100;

/** Tells about one layer: changes of phase at once, counts at most ten times a second. */
export interface LayerProgress {
  phase(phase: LayerPhase): void;
  count(phase: 'downloading' | 'extracting', current: number, total: number): void;
}

export function layerProgress(blob: Digest, onEvent: OnPullEvent): LayerProgress {
  const layer = hexOf(blob).slice(0, 12);
  let last = 0;
  return {
    phase: (phase) => onEvent({ kind: 'layer', layer, phase }),
    count: (phase, current, total) => {
      const now = performance.now();
      if (now - last < INTERVAL && current < total) return;
      last = now;
      onEvent({ kind: 'layer', layer, phase, current, total });
    },
  };
}
