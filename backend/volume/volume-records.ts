import { z } from 'zod';
import { invalidArgument } from '../base/errors.ts';
import type { Records, RecordTable } from '../store/records.ts';

const schema = z.object({
  name: z.string(),
  createdAt: z.string(),
  labels: z.record(z.string(), z.string()),
  options: z.record(z.string(), z.string()).default({}),
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
  if (name.length === 1) {
    throw invalidArgument(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  }
  if (!NAME.test(name)) {
    throw invalidArgument(
      `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  if (name.length > LONGEST)
    throw invalidArgument(
      `create ${name}: volume name is too long, at most ${LONGEST} characters are allowed`,
    );
}
