import { walkTree } from '../linux/walk-tree.ts';

/** Bytes of everything in a directory that is not one itself, as Docker counts; a file with several names once. */
export async function volumeUsage(directory: string): Promise<number> {
  const seen = new Set<bigint>();
  let total = 0n;
  await walkTree(directory, ({ stats }) => {
    if (stats.isDirectory()) return;
    if (stats.nlink > 1n) {
      if (seen.has(stats.ino)) return;
      seen.add(stats.ino);
    }
    total += stats.size;
  });
  return Number(total);
}
