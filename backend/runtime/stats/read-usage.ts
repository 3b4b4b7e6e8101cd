import { existsSync } from 'node:fs';
import type { CgroupPlace } from '../cgroup-of.ts';
import type { ResourceUsage } from './resource-usage.ts';
import { usageV1 } from './usage-v1.ts';
import { usageV2 } from './usage-v2.ts';

/** What a container uses now. Null for one whose cgroup is gone. Frozen ones answer like all others. */
export function readUsage(places: readonly CgroupPlace[]): ResourceUsage | null {
  if (!places.some(({ directory }) => existsSync(directory))) return null;
  const unified = places.find(({ version }) => version === 2);
  return unified ? usageV2(unified.directory) : usageV1(places);
}
