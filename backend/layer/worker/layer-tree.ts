import type { Timestamp } from '../../linux/file-times.ts';
import type { Digest } from '../../oci/digest.ts';
import type { EntryType } from '../layer-index.ts';
import { malformed } from '../tar/malformed.ts';

/** What all names of a file share. Names and targets are byte strings. */
export interface Inode {
  type: EntryType;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: Timestamp;
  linkTarget?: string | undefined;
  digest?: Digest | undefined;
  device?: [number, number] | undefined;
  xattrs?: ReadonlyMap<string, Buffer> | undefined;
}

/** A name in the layer. */
export interface Node {
  path: string;
  name: string;
  parent: Node | null;
  inode: Inode;
  /** Only directories have them. */
  children: Map<string, Node> | null;
  implied: boolean;
  opaque: boolean;
}

/** What the tree needs of the directory that it describes. */
export interface TreeDisk {
  /** Makes a parent directory that the archive has not named. */
  makeDirectory(node: Node): void;
  /** Deletes a name and everything below it. */
  delete(node: Node): void;
}

const MAX_SYMLINKS = 40;

/**
 * The layer as it stands on disk so far. Every path of the archive is looked up here and not on the
 * file system: that saves a stat per file, and symlinks of the layer are resolved within it, so that no
 * system call ever walks through one.
 */
export class LayerTree {
  readonly root: Node = directoryNode('', '', null, impliedDirectory());
  readonly #disk: TreeDisk;
  readonly #byPath = new Map<string, Node>();

  constructor(disk: TreeDisk) {
    this.#disk = disk;
  }

  /**
   * The directory that these components lead to, through symlinks of the layer as Docker does it, made
   * where it is missing. @throws invalid-argument naming the entry
   */
  directory(components: readonly string[], entryName: string): Node {
    const key = components.join('/');
    const known = this.#byPath.get(key);
    if (known) return known;
    const found = this.#walk(components, entryName);
    this.#byPath.set(key, found);
    return found;
  }

  find(directory: Node, name: string): Node | undefined {
    return directory.children?.get(name);
  }

  add(directory: Node, name: string, inode: Inode): Node {
    const path = childPath(directory, name);
    const node =
      inode.type === 'directory'
        ? directoryNode(path, name, directory, inode)
        : { path, name, parent: directory, inode, children: null, implied: false, opaque: false };
    directory.children?.set(name, node);
    return node;
  }

  /** Takes a name away with everything below it. */
  remove(node: Node): void {
    this.#disk.delete(node);
    node.parent?.children?.delete(node.name);
    // What is known of paths may lead through what is gone.
    if (node.children || node.inode.type === 'symlink') this.#byPath.clear();
  }

  /** Every name, parents before their children. */
  *nodes(): Generator<Node> {
    const waiting = [this.root];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      yield node;
      if (node.children) for (const child of node.children.values()) waiting.push(child);
    }
  }

  #walk(components: readonly string[], entryName: string): Node {
    let here = this.root;
    let links = 0;
    const waiting = components.toReversed();
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (name === '' || name === '.') continue;
      // Only a symlink's target can say this: names with it are refused before. The root is its own parent.
      if (name === '..') {
        here = here.parent ?? this.root;
        continue;
      }
      const next = here.children?.get(name) ?? this.#imply(here, name);
      if (next.inode.type === 'symlink') {
        links += 1;
        if (links > MAX_SYMLINKS) throw malformed(entryName, 'too many symlinks among its parents');
        const target = next.inode.linkTarget ?? '';
        if (target.startsWith('/')) here = this.root;
        waiting.push(...target.split('/').toReversed());
      } else if (next.inode.type === 'whiteout') here = this.#replaceWhiteout(next);
      else if (next.children) here = next;
      else throw malformed(entryName, `its parent ${JSON.stringify(next.path)} is a ${next.inode.type}`);
    }
    return here;
  }

  #imply(parent: Node, name: string): Node {
    const node = this.add(parent, name, impliedDirectory());
    node.implied = true;
    this.#disk.makeDirectory(node);
    return node;
  }

  /** A whiteout hides lower layers only: a directory of this layer in its place hides what they had there. */
  #replaceWhiteout(whiteout: Node): Node {
    const { parent, name } = whiteout;
    if (!parent) return this.root;
    this.remove(whiteout);
    const node = this.#imply(parent, name);
    node.implied = false;
    node.opaque = true;
    return node;
  }
}

function childPath(directory: Node, name: string): string {
  return directory.path === '' ? name : `${directory.path}/${name}`;
}

function directoryNode(path: string, name: string, parent: Node | null, inode: Inode): Node {
  return { path, name, parent, inode, children: new Map(), implied: parent === null, opaque: false };
}

/** Attributes for a directory that neither this layer nor one below describes. */
function impliedDirectory(): Inode {
  return { type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: { seconds: 0, nanoseconds: 0 } };
}
