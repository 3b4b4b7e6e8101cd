import { lstatSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { posix } from 'node:path';
import { invalidArgument, isErrno } from '../../base/errors.ts';
import { atName, PathWalk } from '../../linux/path-walk.ts';
import { renameToNew } from '../../linux/rename-to-new.ts';
import { removeName } from '../../linux/remove-name.ts';
import { explainFailure } from './explain-failure.ts';
import type { ChangeTask, NewAttributes } from './messages.ts';
import { giveAttributes } from './new-attributes.ts';
import { attributesOf } from './open-resource.ts';
import { nothing, type Output } from './output.ts';

/** @throws not-found, conflict, invalid-argument, forbidden for what the kernel says about the path */
export function changeTree(root: number, task: ChangeTask): Output {
  using walk = new PathWalk(root);
  try {
    const name = walkToParent(walk, task.path);
    if (task.verb === 'mkdir') return makeDirectory(walk.directory, name, task.attributes);
    if (task.verb === 'remove') return remove(walk.directory, name, task.recursive);
    return rename(root, atName(walk.directory, name), task);
  } catch (error) {
    throw explainFailure(error);
  }
}

/** @returns the last name, of which no symlink is followed */
function walkToParent(walk: PathWalk, path: string): string {
  const { dir, base } = posix.parse(path);
  if (base === '') throw invalidArgument('the root itself stays as it is');
  walk.to(dir);
  return base;
}

function makeDirectory(directory: number, name: string, attributes: NewAttributes): Output {
  mkdirSync(atName(directory, name), 0o700);
  giveAttributes(directory, name, attributes);
  return answer(directory, name);
}

function remove(directory: number, name: string, recursive: boolean): Output {
  const place = atName(directory, name);
  if (lstatSync(place).isDirectory() && !recursive) rmdirSync(place);
  else removeName(directory, name);
  return { stat: null, chunks: nothing() };
}

function rename(
  root: number,
  from: Buffer,
  { to, overwrite }: Extract<ChangeTask, { verb: 'rename' }>,
): Output {
  using walk = new PathWalk(root);
  const name = walkToParent(walk, to);
  const target = atName(walk.directory, name);
  // A missing source comes before a target that is in the way.
  lstatSync(from);
  try {
    if (overwrite) renameSync(from, target);
    else renameToNew(from, target);
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
    throw invalidArgument('a directory cannot be moved into itself', error);
  }
  return answer(walk.directory, name);
}

function answer(directory: number, name: string): Output {
  const stats = lstatSync(atName(directory, name), { bigint: true });
  return { stat: attributesOf(name, stats, ''), chunks: nothing() };
}
