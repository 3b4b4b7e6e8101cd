import type { TarEntry, TarSink } from '../tar/tar-entry.ts';
import { malformed } from '../tar/malformed.ts';
import type { ApplyLimits } from './apply-limits.ts';
import { entryPlace, splitPath } from './entry-path.ts';
import { FileWriter } from './file-writer.ts';
import { LayerDisk, pathBytes } from './layer-disk.ts';
import { LayerTree, type Inode, type Node } from './layer-tree.ts';
import { nameFailures } from './name-failures.ts';

/** Takes the entries of an archive and makes them, one after the other, in this thread's root directory. */
export class Unpacker implements TarSink {
  readonly #limits: ApplyLimits;
  readonly disk = new LayerDisk();
  readonly tree = new LayerTree({
    makeDirectory: (node) => this.#implied(node),
    delete: (node) => this.disk.delete(node),
  });
  /** A stranger's `trusted.overlay.*` and `user.overlay.*`: the kernel would obey them. */
  droppedXattrs = 0;
  #entries = 0;
  #bytes = 0;
  #name = '';
  #file: { writer: FileWriter; inode: Inode } | null = null;

  constructor(limits: ApplyLimits) {
    this.#limits = limits;
  }

  entry(entry: TarEntry): void {
    this.#name = entry.name;
    this.#count(entry);
    nameFailures(entry.name, () => this.#make(entry));
  }

  content(bytes: Buffer, offset: number): void {
    nameFailures(this.#name, () => this.#file?.writer.write(bytes, offset));
  }

  endOfEntry(): void {
    const file = this.#file;
    if (!file) return;
    nameFailures(this.#name, () => {
      file.inode.digest = file.writer.finish();
      this.disk.finishFile(file.writer.fd, file.inode);
      this.#file = null;
      file.writer.close();
    });
  }

  /** Gives the directories their attributes; nothing may be made in them afterwards. */
  finish(): void {
    for (const node of this.tree.nodes())
      if (node.children) nameFailures(node.path, () => this.disk.finishDirectory(node));
  }

  /** Closes what is open; for after a failure. */
  abandon(): void {
    this.#file?.writer.close();
    this.#file = null;
  }

  #count({ name, size }: TarEntry): void {
    this.#countName();
    this.#bytes += size;
    if (this.#bytes > this.#limits.maxBytes)
      throw malformed(name, `with its ${size} bytes the layer is over the limit of ${this.#limits.maxBytes}`);
  }

  #countName(): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.maxEntries)
      throw malformed(this.#name, `the layer has more entries than the limit of ${this.#limits.maxEntries}`);
  }

  #make(entry: TarEntry): void {
    const place = entryPlace(entry.name);
    if (place.kind === 'skip') return;
    if (place.kind === 'root') return this.#makeRoot(entry);
    const parent = this.tree.directory(place.parent, entry.name);
    if (place.kind === 'opaque') parent.opaque = true;
    else if (place.kind === 'whiteout') this.#makeWhiteout(parent, place.name, entry);
    else if (entry.type === 'directory') this.#makeDirectory(parent, place.name, entry);
    else if (entry.type === 'hardlink') this.#makeLink(parent, place.name, entry);
    else this.#makeFile(parent, place.name, entry);
  }

  #makeRoot(entry: TarEntry): void {
    if (entry.type !== 'directory') throw malformed(entry.name, `the layer's root cannot be a ${entry.type}`);
    this.tree.root.inode = this.#inode(entry);
    this.tree.root.implied = false;
  }

  /** What the same layer has under the name stays, whatever the order: a whiteout is about lower layers. */
  #makeWhiteout(parent: Node, name: string, entry: TarEntry): void {
    const existing = this.tree.find(parent, name);
    if (!existing) this.disk.makeSpecial(this.tree.add(parent, name, whiteout(entry)));
    else if (existing.children) {
      existing.opaque = true;
      existing.implied = false;
    }
  }

  #makeDirectory(parent: Node, name: string, entry: TarEntry): void {
    const existing = this.tree.find(parent, name);
    if (existing?.children) {
      existing.inode = this.#inode(entry);
      existing.implied = false;
      return;
    }
    if (existing) this.tree.remove(existing);
    const node = this.tree.add(parent, name, this.#inode(entry));
    this.disk.makeDirectory(node);
    if (existing?.inode.type === 'whiteout') node.opaque = true;
  }

  #makeLink(parent: Node, name: string, entry: TarEntry): void {
    const components = splitPath(entry.linkName, entry.name);
    const targetName = components.pop() ?? '';
    const target = this.tree.find(this.tree.directory(components, entry.name), targetName);
    const shown = JSON.stringify(entry.linkName.slice(0, 300));
    if (!target || target.inode.type === 'whiteout')
      throw malformed(entry.name, `hard link to ${shown}, which the layer does not have`);
    if (target.children) throw malformed(entry.name, `hard link to the directory ${shown}`);
    const existing = this.tree.find(parent, name);
    if (existing === target) return;
    if (existing) this.tree.remove(existing);
    this.disk.link(target, this.tree.add(parent, name, target.inode));
  }

  #makeFile(parent: Node, name: string, entry: TarEntry): void {
    const existing = this.tree.find(parent, name);
    if (existing) this.tree.remove(existing);
    const node = this.tree.add(parent, name, this.#inode(entry));
    if (entry.type !== 'file') return this.disk.makeSpecial(node);
    const writer = new FileWriter(pathBytes(node), entry.mode, entry.size);
    this.#file = { writer, inode: node.inode };
  }

  #implied(node: Node): void {
    this.#countName();
    this.disk.makeDirectory(node);
  }

  #inode(entry: TarEntry): Inode {
    const { type, mode, uid, gid, size, mtime, device } = entry;
    const isDevice = type === 'char' || type === 'block';
    if (type === 'hardlink' || (type === 'char' && device[0] === 0 && device[1] === 0))
      return whiteout(entry);
    if (device[0] < 0 || device[0] > 0xfff || device[1] < 0 || device[1] > 0xfffff)
      throw malformed(entry.name, `no such device number: ${device.join(':')}`);
    return {
      type,
      mode,
      uid,
      gid,
      size,
      mtime,
      linkTarget: type === 'symlink' ? entry.linkName : undefined,
      device: isDevice ? device : undefined,
      xattrs: this.#ownXattrs(entry),
    };
  }

  #ownXattrs({ xattrs }: TarEntry): Inode['xattrs'] {
    if (xattrs.size === 0) return undefined;
    const kept = new Map([...xattrs].filter(([name]) => !/^(?:trusted|user)\.overlay\./.test(name)));
    this.droppedXattrs += xattrs.size - kept.size;
    return kept;
  }
}

function whiteout({ uid, gid, mtime }: TarEntry): Inode {
  return { type: 'whiteout', mode: 0, uid, gid, size: 0, mtime, device: [0, 0] };
}
