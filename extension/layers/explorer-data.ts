import type {
  FileAttributes,
  LayerChange,
  LayerStack,
  Provenance,
} from '../../backend/api/wire/strata-layers.ts';
import {
  layerChanges,
  layerStack,
  mergedTree,
  provenance,
  type StackSubject,
  writableChanges,
} from '../client/layers.ts';
import type { Session } from '../client/session.ts';
import { changesTree, countChanges, markedTree } from '../model/layer-tree.ts';
import { type PackedRows, packRows } from '../model/pack-rows.ts';

export type TreeView = 'changes' | 'tree';

export interface RowsOfLayer {
  rows: PackedRows;
  counts: ReturnType<typeof countChanges>;
}

/** What a click on a path can open. */
export type Opening =
  | { kind: 'change'; change: LayerChange; layer: number }
  | { kind: 'version'; layer: number; file: FileAttributes };

/**
 * What one explorer shows, fetched once: layers of an image never change. The writable layer of a
 * container does, and is fetched again after `forgetWritable`.
 */
export class ExplorerData {
  readonly #session: Session;
  readonly #subject: StackSubject;
  #stack: Promise<LayerStack> | undefined;
  readonly #changes = new Map<number, Promise<Map<string, LayerChange>>>();
  readonly #trees = new Map<number, ReturnType<typeof mergedTree>>();

  constructor(session: Session, subject: StackSubject) {
    this.#session = session;
    this.#subject = subject;
  }

  stack(): Promise<LayerStack> {
    this.#stack ??= layerStack(this.#session.api, this.#subject);
    this.#stack.catch(() => {
      this.#stack = undefined;
    });
    return this.#stack;
  }

  async rows(position: number, view: TreeView): Promise<RowsOfLayer> {
    const changes = Array.from((await this.#changesOf(position)).values());
    const rows =
      view === 'changes' ? changesTree(changes, position) : markedTree(await this.#treeAt(position), changes);
    return { rows: packRows(rows), counts: countChanges(changes) };
  }

  provenance(path: string): Promise<Provenance> {
    return provenance(this.#session.api, this.#subject, path);
  }

  /** What the layer did to the path; else the version of it that is visible at the layer. */
  async opening(path: string, position: number): Promise<Opening | undefined> {
    const change = (await this.#changesOf(position)).get(path);
    if (change !== undefined) return { kind: 'change', change, layer: position };
    const tree = await this.#treeAt(position);
    const entry = tree.entries.find((candidate) => candidate.path === path);
    return entry === undefined ? undefined : { kind: 'version', layer: entry.layer, file: entry.file };
  }

  async forgetWritable(): Promise<void> {
    const top = (await this.stack()).layers.at(-1);
    this.#stack = undefined;
    if (top?.kind !== 'writable') return;
    this.#changes.delete(top.position);
    this.#trees.delete(top.position);
  }

  #changesOf(position: number): Promise<Map<string, LayerChange>> {
    return remembered(this.#changes, position, async () => {
      const { api } = this.#session;
      const { layers, image } = await this.stack();
      const writable = layers[position]?.kind === 'writable';
      const { changes } = writable
        ? await writableChanges(api, this.#subject.id)
        : await layerChanges(api, this.#subject.kind === 'image' ? this.#subject.id : image, position);
      return new Map(changes.map((change) => [change.path, change]));
    });
  }

  #treeAt(position: number): ReturnType<typeof mergedTree> {
    return remembered(this.#trees, position, () => mergedTree(this.#session.api, this.#subject, position));
  }
}

/** A failure is not remembered: the next look tries again. */
function remembered<T>(cache: Map<number, Promise<T>>, key: number, load: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const loading = load();
  cache.set(key, loading);
  loading.catch(() => cache.delete(key));
  return loading;
}
