import type { Readable } from 'node:stream';
import { codeOf, invalidArgument, messageOf, notImplemented } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Reference } from '../../oci/reference.ts';
import { VERSION } from '../version.ts';
import { applyChanges } from './apply-changes.ts';
import type { FilesContext } from './files-context.ts';
import { emitTag, recordImage, storeLayer } from './record-image.ts';
import { spoolLayer } from './spool-layer.ts';
import { underLease } from './under-lease.ts';

export interface ImportRequest {
  /** An archive of a root file system, plain or compressed. */
  source: Readable;
  name: Reference | null;
  message: string;
  changes: readonly string[];
  platform: Platform | undefined;
  signal: AbortSignal;
}

/** Makes an image of one layer. @throws invalid-argument for a bad archive or change */
export async function importImage({ engine, images }: FilesContext, request: ImportRequest): Promise<Digest> {
  const { name, message, signal } = request;
  const platform = request.platform ?? images.platform;
  if (platform.os !== 'linux') throw notImplemented(`images for ${platform.os} are not supported`);
  const runConfig = applyChanges({}, request.changes);
  await using layer = await namingArchive(spoolLayer(engine.layout.tmp, request.source, signal));
  const created = new Date().toISOString();
  const config: ImageConfig = {
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    os: platform.os,
    created,
    comment: message,
    docker_version: VERSION,
    config: runConfig,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created, comment: message }],
  };
  const id = await underLease(images, async (lease) => {
    const blob = await namingArchive(storeLayer(images, layer, 'oci', lease, signal));
    return recordImage(images, { config, layers: [blob], format: 'oci', reference: name }, lease);
  });
  emitTag(images, id, name);
  images.emit({ type: 'image', action: 'import', id, attributes: { name: id } });
  return id;
}

/** To the user it is an archive: that it becomes a layer is our business. */
async function namingArchive<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) !== 'invalid-argument') throw error;
    const message = messageOf(error).replace(/^layer (?=entry|is )/, 'archive ');
    throw invalidArgument(
      message.replace(/^archive entry "": .*/, 'the archive is empty or no tar archive'),
      error,
    );
  }
}
