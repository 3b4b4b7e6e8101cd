import { z } from 'zod';
import { invalidArgument, notFound } from '../base/errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { imageConfigSchema } from '../oci/image-config.ts';
import { descriptorSchema, manifestSchema } from '../oci/manifest.ts';
import { canonicalString, parseReference, withDefaultTag, type Reference } from '../oci/reference.ts';
import type { RecordTable, Records } from '../store/records.ts';
import type { Image, ImageStore } from './image-store.ts';

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

const imageRecordSchema = z.object({
  id: digest,
  manifestDescriptor: descriptorSchema,
  manifest: manifestSchema,
  config: imageConfigSchema,
  diffIds: z.array(digest),
  size: z.number(),
  lastTagTime: z.string().optional(),
});
type ImageRecord = z.infer<typeof imageRecordSchema>;

const referenceRecordSchema = z.object({ reference: z.string(), imageId: digest });
type ReferenceRecord = z.infer<typeof referenceRecordSchema>;

/**
 * Images in two SQLite tables, `images` and `image_references`. The daemon alone writes them, so what is
 * read is kept in memory: a list costs no parsing.
 */
export function createImageStore(records: Records): ImageStore {
  return new SqliteImageStore(records);
}

class SqliteImageStore implements ImageStore {
  readonly #records: Records;
  readonly #images: CachedTable<ImageRecord>;
  readonly #references: CachedTable<ReferenceRecord>;

  constructor(records: Records) {
    this.#records = records;
    this.#images = cached(records.table('images', imageRecordSchema), ({ id }) => id);
    this.#references = cached(
      records.table('image_references', referenceRecordSchema),
      ({ reference }) => reference,
    );
  }

  list(): Image[] {
    return this.#images.all().map((record) => this.#whole(record));
  }

  get(id: Digest): Image | undefined {
    const record = this.#images.get(id);
    return record && this.#whole(record);
  }

  resolve(nameOrId: string): Image {
    const id = resolveId(nameOrId, this.#images.all(), (key) => this.#references.get(key)?.imageId);
    const image = id && this.get(id);
    if (!image) throw notFound(`No such image: ${nameOrId}`);
    return image;
  }

  put(image: Omit<Image, 'tags' | 'digests'>, names: readonly Reference[]): void {
    this.#atomically(() => {
      const before = this.#images.get(image.id)?.lastTagTime;
      const tagged = names.some(({ tag }) => tag !== undefined);
      const lastTagTime = tagged ? new Date().toISOString() : before;
      this.#images.put({ ...recordOf(image), ...(lastTagTime ? { lastTagTime } : {}) });
      for (const name of names) this.#refer(image.id, name);
    });
  }

  tag(id: Digest, reference: Reference): void {
    this.#atomically(() => {
      const image = this.#images.get(id);
      if (!image) throw notFound(`No such image: ${id}`);
      this.#refer(id, reference);
      this.#images.put({ ...image, lastTagTime: new Date().toISOString() });
    });
  }

  untag(reference: Reference): boolean {
    const key = canonicalString(reference);
    const record = this.#references.get(key);
    if (!record) throw notFound(`No such image: ${key}`);
    this.#references.delete(key);
    return this.#references.all().some(({ imageId }) => imageId === record.imageId);
  }

  remove(id: Digest): void {
    this.#atomically(() => {
      for (const { reference, imageId } of this.#references.all())
        if (imageId === id) this.#references.delete(reference);
      this.#images.delete(id);
    });
  }

  #whole(record: ImageRecord): Image {
    const mine = this.#references.all().filter(({ imageId }) => imageId === record.id);
    const names = mine.map(({ reference }) => reference).toSorted();
    return {
      ...record,
      tags: names.filter((name) => !name.includes('@')),
      digests: names.filter((name) => name.includes('@')),
    };
  }

  #refer(imageId: Digest, reference: Reference): void {
    this.#references.put({ reference: canonicalString(reference), imageId });
  }

  /** What is in memory follows the file, also back. */
  #atomically(work: () => void): void {
    try {
      this.#records.transaction(work);
    } catch (error) {
      this.#images.reload();
      this.#references.reload();
      throw error;
    }
  }
}

function recordOf(image: Omit<Image, 'tags' | 'digests'>): ImageRecord {
  const { id, manifestDescriptor, manifest, config, diffIds, size } = image;
  return { id, manifestDescriptor, manifest, config, diffIds: [...diffIds], size };
}

/** Docker's order: a whole id, a reference, then the prefix of an id. */
function resolveId(
  nameOrId: string,
  images: readonly ImageRecord[],
  byReference: (key: string) => Digest | undefined,
): Digest | undefined {
  const hex = nameOrId.startsWith('sha256:') ? nameOrId.slice('sha256:'.length) : nameOrId;
  const exact = images.find(({ id }) => id === `sha256:${hex}`);
  if (exact) return exact.id;
  const named = nameOrId.startsWith('sha256:') ? undefined : lookUp(nameOrId, byReference);
  if (named || !/^[0-9a-f]{1,64}$/.test(hex)) return named;
  const matches = images.filter(({ id }) => id.startsWith(`sha256:${hex}`));
  if (matches.length > 1) throw invalidArgument(`ambiguous image id prefix: ${nameOrId}`);
  return matches[0]?.id;
}

function lookUp(name: string, byReference: (key: string) => Digest | undefined): Digest | undefined {
  const reference = tryReference(name);
  if (!reference) return undefined;
  // With a digest the tag says nothing: images are kept under `name@digest`.
  const key = reference.digest ? { ...reference, tag: undefined } : reference;
  return byReference(canonicalString(key));
}

/** `docker inspect` asks for names of any kind: what cannot be an image's name is no image, and no mistake. */
function tryReference(name: string): Reference | undefined {
  try {
    return withDefaultTag(parseReference(name));
  } catch {
    return undefined;
  }
}

interface CachedTable<T> {
  get(key: string): T | undefined;
  put(value: T): void;
  delete(key: string): void;
  all(): T[];
  reload(): void;
}

function cached<T extends ImageRecord | ReferenceRecord>(
  table: RecordTable<T>,
  keyOf: (value: T) => string,
): CachedTable<T> {
  let rows = new Map<string, T>();
  const reload = (): void => {
    rows = new Map(table.all().map((value) => [keyOf(value), value]));
  };
  reload();
  return {
    get: (key) => rows.get(key),
    all: () => [...rows.values()],
    reload,
    put: (value) => {
      table.put(keyOf(value), value);
      rows.set(keyOf(value), value);
    },
    delete: (key) => {
      table.delete(key);
      rows.delete(key);
    },
  };
}
