import { conflict } from '../../base/errors.ts';
import {
  makePrivateTree,
  openDirectory,
  openProcessRoot,
  type PrivateTree,
} from '../../linux/private-tree.ts';
import { startTimeOf } from '../../linux/proc-stat.ts';
import type { View } from './messages.ts';

/** @throws conflict when the process is not there any more */
export function openView(view: View): PrivateTree {
  if (view.kind === 'directory') return openDirectory(view.path);
  if (view.kind === 'mounts') return makePrivateTree(view);
  const { pid, startTime } = view;
  const tree = openIfRunning(pid);
  // Looked at once it is open: another process may have got the number.
  if (tree && startTimeOf(pid) === startTime) return tree;
  tree?.[Symbol.dispose]();
  throw conflict('the container has stopped meanwhile');
}

function openIfRunning(pid: number): PrivateTree | null {
  try {
    return openProcessRoot(pid);
  } catch {
    return null;
  }
}
