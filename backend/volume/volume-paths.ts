import { join } from 'node:path';
import type { Layout } from '../store/layout.ts';

/**
 *   <data>/volumes/<name>/_data    what containers see
 *   <data>/volumes/<name>/_copy    a copy-up under way; worthless after a crash
 *   <data>/volumes/<name>/_ready   a whole copy whose entries are being moved into _data; finished after a crash
 */
export interface VolumePaths {
  root: string;
  data: string;
  copy: string;
  ready: string;
}

/** Of what volumes have in <data>/tmp: content that is staged, or on its way out. Deleted at the daemon's start. */
export const TMP_PREFIX = 'volume-';

export function volumePaths(layout: Layout, name: string): VolumePaths {
  const root = layout.volume(name);
  return { root, data: join(root, '_data'), copy: join(root, '_copy'), ready: join(root, '_ready') };
}
