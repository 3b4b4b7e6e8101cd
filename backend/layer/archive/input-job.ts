import { invalidArgument, StrataError } from '../../base/errors.ts';
import { actAs } from '../../linux/act-as.ts';
import type { PrivateTree } from '../../linux/private-tree.ts';
import { toHost } from '../../oci/id-mapping.ts';
import { quoteName } from '../tar/malformed.ts';
import { TarReader } from '../tar/tar-reader.ts';
import { createDecompressor, type Decompressor } from '../worker/decompress.ts';
import { Extractor } from './extractor.ts';
import type { ExtractTask } from './messages.ts';
import { SNIFFED, sniffCompression } from './sniff-compression.ts';

const MAX_HEADER = 2 ** 20;

/** An extraction under way. Every call throws what is wrong with the archive; then only `close` is left. */
export class InputJob {
  readonly #tree: PrivateTree;
  readonly #extractor: Extractor;
  readonly #reader: TarReader;
  readonly #beRoot: () => void;
  #decompressor: Decompressor | null = null;
  #start: Buffer = Buffer.alloc(0);

  constructor(tree: PrivateTree, task: ExtractTask) {
    this.#tree = tree;
    this.#extractor = new Extractor(tree.root, task);
    this.#reader = new TarReader(this.#extractor, { maxHeaderBytes: MAX_HEADER });
    this.#beRoot = actAs(toHost(task.mapping, 0) ?? 0);
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#decompressor) return this.#naming(this.#decompressor.write(chunk));
    this.#start = Buffer.concat([this.#start, chunk]);
    if (this.#start.length >= SNIFFED) await this.#open();
  }

  async finish(): Promise<void> {
    const decompressor = this.#decompressor ?? (await this.#open());
    await this.#naming(decompressor.end());
    this.#endArchive();
    this.#extractor.finish();
    this.close();
  }

  close(): void {
    this.#beRoot();
    this.#decompressor?.destroy();
    this.#extractor.close();
    this.#tree[Symbol.dispose]();
  }

  #endArchive(): void {
    try {
      this.#reader.end();
    } catch (error) {
      // Less than one header: there is no entry to name.
      if (this.#reader.lastName === '')
        throw invalidArgument('the archive is empty or no tar archive', error);
      throw error;
    }
  }

  async #open(): Promise<Decompressor> {
    const decompressor = createDecompressor(sniffCompression(this.#start), (bytes) =>
      this.#reader.push(bytes),
    );
    this.#decompressor = decompressor;
    await this.#naming(decompressor.write(this.#start));
    return decompressor;
  }

  /** A stream that breaks off or is damaged is reported with the entry that it broke off in. */
  async #naming(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof StrataError) || !error.message.startsWith('layer is damaged')) throw error;
      throw invalidArgument(`${error.message} (at entry ${quoteName(this.#reader.lastName)})`, error);
    }
  }
}
