import type { PrivateTree } from '../../linux/private-tree.ts';
import { changeTree } from './change-tree.ts';
import { cloneTree } from './clone-tree.ts';
import { layerTarOptions } from './layer-tar.ts';
import { listDirectory } from './list-directory.ts';
import type { InputTask, Task } from './messages.ts';
import { openResource, statOf, type OpenResource } from './open-resource.ts';
import { nothing, type Output } from './output.ts';
import { readRange } from './read-range.ts';
import { TreeTar } from './tree-tar.ts';

type OutputTask = Exclude<Task, InputTask>;

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
  if (task.kind === 'list') return closed(listDirectory(tree.root, task), tree);
  if (task.kind === 'read') return closed(readRange(tree.root, task), tree);
  if (task.kind === 'change') return closed(changeTree(tree.root, task), tree);
  if (task.kind === 'clone') return closed(cloneTree(tree.root, task), tree);
  const resource = openResource(tree.root, task.path);
  const stat = statOf(tree.root, task.path, resource);
  const chunks = task.kind === 'stat' ? nothing() : archiveOf(resource, task);
  return { stat, chunks: closing(chunks, resource.walk, tree) };
}

function closed({ stat, chunks }: Output, tree: PrivateTree): Output {
  return { stat, chunks: closing(chunks, tree) };
}

function archiveOf(
  { walk, name, stats }: OpenResource,
  { path, mapping }: Extract<Task, { kind: 'archive' }>,
): Generator<Buffer> {
  const tar = new TreeTar({ mapping });
  if (name === null) return tar.directory(walk.directory, path.rename);
  return tar.single(walk.directory, name, stats, path.rename);
}

function* closing(chunks: Generator<Buffer>, ...open: Disposable[]): Generator<Buffer> {
  try {
    yield* chunks;
  } finally {
    for (const one of open) one[Symbol.dispose]();
  }
}
