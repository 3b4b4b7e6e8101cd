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
  const images = cached(records.table('images', imageRecordSchema), (image) => image.id);
  const references = cached(
    records.table('image_references', referenceRecordSchema),
    (record) => record.reference,
  );

  const whole = (record: ImageRecord): Image => {
    const mine = references.all().filter(({ imageId }) => imageId === record.id);
    const names = mine.map(({ reference }) => reference).toSorted();
    return {
      ...record,
      tags: names.filter((name) => !name.includes('@')),
      digests: names.filter((name) => name.includes('@')),
    };
  };
  const get = (id: Digest): Image | undefined => {
    const record = images.get(id);
    return record && whole(record);
  };
  const refer = (id: Digest, reference: Reference): void =>
    references.put({ reference: canonicalString(reference), imageId: id });
  const atomically = (work: () => void): void => {
    try {
      records.transaction(work);
    } catch (error) {
      images.reload();
      references.reload();
      throw error;
    }
  };

  return {
    list: () => images.all().map(whole),
    get,
    resolve: (nameOrId) => {
      const id = resolveId(nameOrId, images.all(), (key) => references.get(key)?.imageId);
      const image = id && get(id);
      if (!image) throw notFound(`No such image: ${nameOrId}`);
      return image;
    },
    put: (image, names) =>
      atomically(() => {
        const before = images.get(image.id)?.lastTagTime;
        const tagged = names.some(({ tag }) => tag !== undefined);
        const lastTagTime = tagged ? new Date().toISOString() : before;
        images.put({ ...recordOf(image), ...(lastTagTime ? { lastTagTime } : {}) });
        for (const name of names) refer(image.id, name);
      }),
    tag: (id, reference) =>
      atomically(() => {
        const image = images.get(id);
        if (!image) throw notFound(`No such image: ${id}`);
        refer(id, reference);
        images.put({ ...image, lastTagTime: new Date().toISOString() });
      }),
    untag: (reference) => {
      const key = canonicalString(reference);
      const record = references.get(key);
      if (!record) throw notFound(`No such image: ${key}`);
      references.delete(key);
      return references.all().some(({ imageId }) => imageId === record.imageId);
    },
    remove: (id) =>
      atomically(() => {
        for (const { reference, imageId } of references.all())
          if (imageId === id) references.delete(reference);
        images.delete(id);
      }),
  };
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
  const reference = withDefaultTag(parseReference(name));
  // With a digest the tag says nothing: images are kept under `name@digest`.
  const key = reference.digest ? { ...reference, tag: undefined } : reference;
  return byReference(canonicalString(key));
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
