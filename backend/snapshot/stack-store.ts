import { mkdir, mkdtemp, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CleanupStack } from '../base/cleanup-stack.ts';
import { invalidArgument, isErrno, notFound } from '../base/errors.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import { removeTree } from '../linux/remove-tree.ts';
import { chainId } from '../oci/chain-id.ts';
import { hexOf, type Digest } from '../oci/digest.ts';
import type { Layout } from '../store/layout.ts';
import { makeStack, type StackLayers } from './make-stack.ts';
import { readStackFacts, type StackFacts } from './stack-facts.ts';

/** More is refused everywhere, so that an image that runs here runs on every kernel. */
const MAX_LAYERS = 128;
export const STACK_TMP_PREFIX = 'stack-';

/** The stacks that were made, by the name of their directory (the hex digits of the chainID). */
export class StackStore {
  readonly #layout: Layout;
  readonly #layers: StackLayers;
  readonly #facts = new Map<string, StackFacts>();
  readonly #locks = new KeyedLock();

  constructor(layout: Layout, layers: StackLayers) {
    this.#layout = layout;
    this.#layers = layers;
  }

  directory(name: string): string {
    return join(this.#layout.stacks, name);
  }

  /**
   * Makes the stack unless it is there, and returns its name.
   * @throws not-found naming a layer that is missing; invalid-argument for more than 128 layers
   */
  async ensure(stack: readonly Digest[]): Promise<string> {
    if (stack.length > MAX_LAYERS)
      throw invalidArgument(`an image of ${stack.length} layers: at most ${MAX_LAYERS} can be stacked`);
    for (const diffId of stack) if (!this.#layers.has(diffId)) throw notFound(`no such layer: ${diffId}`);
    const name = hexOf(chainId(stack));
    if (!this.#facts.has(name)) await this.#locks.run(name, () => this.#make(name, stack));
    return name;
  }

  /** @throws not-found */
  async facts(name: string): Promise<StackFacts> {
    const known = this.#facts.get(name) ?? (await readStackFacts(this.directory(name)));
    if (!known) throw notFound(`no such stack: ${name}`);
    this.#facts.set(name, known);
    return known;
  }

  async remove(name: string): Promise<void> {
    await this.#locks.run(name, async () => {
      this.#facts.delete(name);
      await this.#moveAway(name);
    });
  }

  async names(): Promise<string[]> {
    return readdir(this.#layout.stacks);
  }

  async #make(name: string, stack: readonly Digest[]): Promise<void> {
    const existing = await readStackFacts(this.directory(name));
    if (existing) {
      this.#facts.set(name, existing);
      return;
    }
    await using undo = new CleanupStack();
    const made = await this.#temporary();
    undo.defer(() => removeTree(made));
    const facts = await makeStack(made, stack, this.#layers);
    // One whose facts cannot be read gives way.
    await this.#moveAway(name);
    await rename(made, this.directory(name));
    undo.release();
    this.#facts.set(name, facts);
  }

  async #moveAway(name: string): Promise<void> {
    const gone = await this.#temporary();
    try {
      await rename(this.directory(name), join(gone, basename(name)));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    } finally {
      await removeTree(gone);
    }
  }

  async #temporary(): Promise<string> {
    await mkdir(this.#layout.tmp, { recursive: true, mode: 0o700 });
    return mkdtemp(join(this.#layout.tmp, STACK_TMP_PREFIX));
  }
}
