import { z } from 'zod';
import { invalidArgument } from '../base/errors.ts';
import type { Records, RecordTable } from '../store/records.ts';

const schema = z.object({
  name: z.string(),
  createdAt: z.string(),
  labels: z.record(z.string(), z.string()),
  anonymous: z.boolean(),
  /** Its removal has begun and is finished at the next start. */
  removing: z.boolean().default(false),
});
export type StoredVolume = z.infer<typeof schema>;
export type VolumeTable = RecordTable<StoredVolume>;

export function openVolumeTable(records: Records): VolumeTable {
  return records.table('volumes', schema);
}

export const ANONYMOUS_NAME = /^[0-9a-f]{64}$/;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const LONGEST = 255;

/** Docker's rule, so that a name is one component of a path and no hidden one. @throws invalid-argument */
export function checkVolumeName(name: string): void {
  if (!NAME.test(name) || name.length > LONGEST) {
    throw invalidArgument(
      `volume name ${JSON.stringify(name)} is invalid: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, 2 to ${LONGEST} characters. If you intended to pass a host directory, use an absolute path`,
    );
  }
}
