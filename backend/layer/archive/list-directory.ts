import { lstatSync, opendirSync, readlinkSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { atDescriptor, atName, PathWalk } from '../../linux/path-walk.ts';
import { explainFailure } from './explain-failure.ts';
import type { Output } from './output.ts';
import type { ListedNames, ListTask, PathStat } from './messages.ts';
import { attributesOf } from './open-resource.ts';

/**
 * One page of a directory, by the bytes of its names. Each page reads all names and keeps those of the page alone,
 * so that a directory of a million files takes no memory, and what comes and goes meanwhile shifts no page.
 * @throws not-found; invalid-argument where it is no directory
 */
export function listDirectory(root: number, { path, after, limit }: ListTask): Output {
  using walk = new PathWalk(root);
  try {
    walk.to(path);
    const stat = attributesOf(
      walk.names.at(-1) ?? '/',
      lstatSync(`${atDescriptor(walk.directory)}/.`, { bigint: true }),
      '',
    );
    const names = smallest(namesOf(walk.directory), after, limit + 1);
    const page = names.slice(0, limit);
    const entries = page.flatMap((name) => entryOf(walk.directory, name));
    const last = names.length > limit ? (page.at(-1) ?? null) : null;
    return { stat, chunks: asJson({ entries, last }) };
  } catch (error) {
    throw explainFailure(error);
  }
}

function* namesOf(directory: number): Generator<string> {
  using entries = opendirSync(atDescriptor(directory), { encoding: 'latin1', bufferSize: 1024 });
  for (let entry = entries.readSync(); entry; entry = entries.readSync()) yield entry.name;
}

/** The first so many after a name, in order. */
function smallest(names: Iterable<string>, after: string, count: number): string[] {
  let kept: string[] = [];
  let bound: string | undefined;
  for (const name of names) {
    if (name <= after || (bound !== undefined && name >= bound)) continue;
    kept.push(name);
    if (kept.length < 2 * count) continue;
    kept = kept.sort().slice(0, count);
    bound = kept.at(-1);
  }
  return kept.sort().slice(0, count);
}

/** None for what has gone meanwhile. */
function entryOf(directory: number, name: string): PathStat[] {
  const place = atName(directory, name);
  try {
    const stats = lstatSync(place, { bigint: true });
    return [attributesOf(name, stats, stats.isSymbolicLink() ? readlinkSync(place, 'latin1') : '')];
  } catch (error) {
    // Gone, or something else by now, or what a file server does not show us.
    if (['ENOENT', 'EINVAL', 'ESTALE', 'EACCES'].some((code) => isErrno(error, code))) return [];
    throw error;
  }
}

function* asJson(listed: ListedNames): Generator<Buffer> {
  // Memory of its own, because it is handed over to another thread.
  const text = JSON.stringify(listed);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  yield bytes;
}
