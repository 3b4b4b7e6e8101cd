import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { invalidArgument, isErrno, notFound } from '../../base/errors.ts';
import { linkOpenFile } from '../../linux/link-open-file.ts';
import { atDescriptor, atName, PathWalk } from '../../linux/path-walk.ts';
import type { PrivateTree } from '../../linux/private-tree.ts';
import { readXattrs, setXattr } from '../../linux/xattr.ts';
import { explainFailure } from './explain-failure.ts';
import type { WriteTask } from './messages.ts';
import { ownerIn } from './new-attributes.ts';
import { walkToFile } from './walk-to-file.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const O_TMPFILE = 0o20000000 | O_DIRECTORY;

/**
 * A file that is being written anew. It has no name until it is whole, so that what is cut short leaves nothing; then
 * it takes the old one's place in one step. Whoever has the old one open goes on with that.
 */
export class WriteJob {
  readonly #tree: PrivateTree;
  readonly #walk: PathWalk;
  readonly #name: string;
  readonly #task: WriteTask;
  readonly #old: Stats | undefined;
  #open: { fd: number; temporary: string | null } | null;

  constructor(tree: PrivateTree, task: WriteTask) {
    this.#tree = tree;
    this.#task = task;
    this.#walk = new PathWalk(tree.root);
    try {
      this.#name = walkToFile(this.#walk, task.path);
      this.#old = lstatSync(this.#at(this.#name), { throwIfNoEntry: false });
      if (this.#old && !this.#old.isFile()) throw invalidArgument('not a regular file');
      if (!this.#old && !task.create) throw notFound('no such file or directory');
      this.#open = openUnnamed(this.#walk.directory);
    } catch (error) {
      this.#walk[Symbol.dispose]();
      throw explainFailure(error);
    }
  }

  async write(chunk: Buffer): Promise<void> {
    const fd = this.#open?.fd;
    if (fd === undefined) return;
    try {
      for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done);
    } catch (error) {
      throw explainFailure(error);
    }
  }

  async finish(): Promise<void> {
    try {
      if (this.#open) this.#publish(this.#open);
    } catch (error) {
      throw explainFailure(error);
    }
    this.close();
  }

  close(): void {
    const open = this.#open;
    this.#open = null;
    if (open) {
      closeSync(open.fd);
      if (open.temporary !== null) this.#drop(open.temporary);
    }
    this.#walk[Symbol.dispose]();
    this.#tree[Symbol.dispose]();
  }

  #publish(open: { fd: number; temporary: string | null }): void {
    this.#takeAttributes(open.fd);
    fsyncSync(open.fd);
    if (open.temporary === null) {
      const temporary = temporaryName();
      linkOpenFile(open.fd, this.#at(temporary));
      open.temporary = temporary;
    }
    renameSync(this.#at(open.temporary), this.#at(this.#name));
    open.temporary = null;
  }

  #takeAttributes(fd: number): void {
    const { create } = this.#task;
    const { uid, gid } = this.#old ?? ownerIn(this.#walk.directory, create ?? { uid: 0, gid: 0 });
    fchownSync(fd, uid, gid);
    fchmodSync(fd, (this.#old?.mode ?? create?.mode ?? 0o644) & 0o7777);
    if (!this.#old) return;
    for (const [name, value] of readXattrs(this.#at(this.#name)))
      if (isKept(name)) setXattr(fd, Buffer.from(name, 'latin1'), value);
  }

  #drop(temporary: string): void {
    try {
      unlinkSync(this.#at(temporary));
    } catch {
      // Gone, or out of reach: nothing more can be done about it.
    }
  }

  #at(name: string): Buffer {
    return atName(this.#walk.directory, name);
  }
}

/** Capabilities are for the old content: the kernel drops them with every write. */
function isKept(name: string): boolean {
  return name !== 'security.capability' && !/^(?:(?:trusted|user)\.overlay|security\.(?:ima|evm))/.test(name);
}

/** Some file systems know no files without a name. */
function openUnnamed(directory: number): { fd: number; temporary: string | null } {
  try {
    return { fd: openSync(`${atDescriptor(directory)}/.`, O_TMPFILE | O_WRONLY, 0o600), temporary: null };
  } catch (error) {
    if (!['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL'].some((code) => isErrno(error, code))) throw error;
  }
  const temporary = temporaryName();
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  return { fd: openSync(atName(directory, temporary), flags, 0o600), temporary };
}

function temporaryName(): string {
  return `.strata-${randomBytes(8).toString('hex')}`;
}
