import type { PrivateTree } from '../../linux/private-tree.ts';
import { layerTarOptions } from './layer-tar.ts';
import { listDirectory } from './list-directory.ts';
import type { PathStat, Task } from './messages.ts';
import { openResource, statOf, type OpenResource } from './open-resource.ts';
import { readRange } from './read-range.ts';
import { TreeTar } from './tree-tar.ts';

type OutputTask = Exclude<Task, { kind: 'extract' }>;

export interface Output {
  stat: PathStat | null;
  /** Ended early by `return`, it closes what it has open, the tree too. */
  chunks: Generator<Buffer>;
}

/** Looks up what is asked for; the archive itself is made piece by piece as it is taken. */
export function beginOutput(tree: PrivateTree, task: OutputTask): Output {
  if (task.kind === 'export') {
    const tar = new TreeTar({ mapping: task.mapping });
    return { stat: null, chunks: closing(tar.directory(tree.root, null), tree) };
  }
  if (task.kind === 'layer') {
    const tar = new TreeTar(layerTarOptions(task.leaveOut, task.mapping));
    return { stat: null, chunks: closing(tar.directory(tree.root, null), tree) };
  }
  if (task.kind === 'list') {
    const { stat, chunks } = listDirectory(tree.root, task);
    return { stat, chunks: closing(chunks, tree) };
  }
  if (task.kind === 'read') {
    const { stat, chunks } = readRange(tree.root, task);
    return { stat, chunks: closing(chunks, tree) };
  }
  const resource = openResource(tree.root, task.path);
  const stat = statOf(tree.root, task.path, resource);
  const chunks = task.kind === 'stat' ? nothing() : archiveOf(resource, task);
  return { stat, chunks: closing(chunks, resource.walk, tree) };
}

function archiveOf(
  { walk, name, stats }: OpenResource,
  { path, mapping }: Extract<Task, { kind: 'archive' }>,
): Generator<Buffer> {
  const tar = new TreeTar({ mapping });
  if (name === null) return tar.directory(walk.directory, path.rename);
  return tar.single(walk.directory, name, stats, path.rename);
}

function* nothing(): Generator<Buffer> {
  // Asked for its existence alone.
}

function* closing(chunks: Generator<Buffer>, ...open: Disposable[]): Generator<Buffer> {
  try {
    yield* chunks;
  } finally {
    for (const one of open) one[Symbol.dispose]();
  }
}
