import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { conflict, notFound } from '../base/errors.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Layout } from '../store/layout.ts';
import type { Records } from '../store/records.ts';
import { copyIntoMount, copyIntoSubpath, copyUp } from './copy-up.ts';
import { holdVolume, releaseVolume, VolumeHolds } from './hold-volumes.ts';
import { removeVolume } from './remove-volume.ts';
import { settleVolumes } from './settle-volumes.ts';
import {
  adoptContent,
  checkPublishable,
  publishContent,
  stageContent,
  stageNewContent,
} from './stage-content.ts';
import { checkOptions, checkSameOptions, needsMount } from './volume-options.ts';
import { volumePaths } from './volume-paths.ts';
import { checkVolumeName, openVolumeTable, type StoredVolume, type VolumeTable } from './volume-records.ts';
import { volumeUsage } from './volume-usage.ts';
import type { CreateVolumeRequest, VolumeListener, VolumeRecord, Volumes } from './volumes.ts';

export interface VolumesDependencies {
  layout: Layout;
  records: Records;
  logger: Logger;
  /** Told of every volume that comes or goes. */
  tell?: VolumeListener;
}

interface VolumeContext {
  layout: Layout;
  table: VolumeTable;
  holds: VolumeHolds;
  tell: VolumeListener;
}

/** Settles first what an earlier daemon was doing when it ended. */
export function createVolumes({
  layout,
  records,
  logger,
  tell = () => undefined,
}: VolumesDependencies): Volumes {
  const table = openVolumeTable(records);
  settleVolumes(layout, table, logger);
  const context: VolumeContext = { layout, table, holds: new VolumeHolds(), tell };
  const locks = new KeyedLock();
  const locked = <T>(name: string, work: (volume: StoredVolume) => Promise<T>): Promise<T> =>
    locks.run(name, () => work(find(table, name)));
  const create = async (request: CreateVolumeRequest): Promise<VolumeRecord> => {
    const name = checkRequest(request);
    return locks.run(name, () => createOne(context, name, request));
  };
  return {
    list: () => table.all().map((volume) => present(layout, volume)),
    get: (name) => present(layout, find(table, name)),
    create,
    ensure: (name, labels = {}) => create({ name, driver: '', options: {}, labels }),
    ...holding(context, locks),
    copyUp: (name, source) =>
      locked(name, ({ options }) => {
        const paths = volumePaths(layout, name);
        if (source.subpath) return copyIntoSubpath(paths, source, source.subpath);
        return needsMount(options) ? copyIntoMount(paths, source) : copyUp(paths, source);
      }),
    usage: async (name) => {
      const { options } = find(table, name);
      return needsMount(options) ? 0 : volumeUsage(volumePaths(layout, name).data);
    },
    ...staging(context, locks),
    remove: (name) => locked(name, (volume) => removeOne(context, volume)),
  };
}

/** @returns the name, made up for an anonymous volume */
function checkRequest({ name, driver, options }: CreateVolumeRequest): string {
  if (name !== null) checkVolumeName(name);
  const certain = name ?? randomBytes(32).toString('hex');
  if (driver !== '' && driver !== 'local') {
    throw notFound(
      `create ${certain}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
    );
  }
  checkOptions(certain, options);
  return certain;
}

async function createOne(
  context: VolumeContext,
  name: string,
  { name: asked, options, labels }: CreateVolumeRequest,
): Promise<VolumeRecord> {
  const { layout, table } = context;
  const known = table.get(name);
  if (known) checkSameOptions(name, known.options, options);
  const { root, data } = volumePaths(layout, name);
  // Also for a known one: its directory may have been deleted behind the daemon's back.
  await makeDirectory(root, 0o711);
  await makeDirectory(data, 0o755);
  if (known) return present(layout, known);
  return record(context, name, { name: asked, options, labels });
}

function record(
  { layout, table, tell }: VolumeContext,
  name: string,
  { name: asked, options, labels }: Omit<CreateVolumeRequest, 'driver'>,
): VolumeRecord {
  const createdAt = new Date().toISOString();
  const volume = { name, createdAt, removing: false, labels, options, anonymous: asked === null };
  table.put(name, volume);
  tell('create', present(layout, volume));
  return present(layout, volume);
}

/** With exactly this mode: a daemon started under a strict umask would lock containers' users out. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, mode);
}

function holding(
  { layout, table, holds }: VolumeContext,
  locks: KeyedLock,
): Pick<Volumes, 'hold' | 'release' | 'recover'> {
  const place = (name: string) => volumePaths(layout, name).data;
  return {
    hold: ({ name, holder }) =>
      locks.run(name, () => holdVolume(holds, find(table, name), { holder, target: place(name) })),
    release: ({ name, holder }) =>
      locks.run(name, async () => {
        const volume = table.get(name);
        return volume ? releaseVolume(holds, volume, { holder, target: place(name) }) : false;
      }),
    recover: async (earlier) => {
      for (const { name, holder } of earlier) holds.add(name, holder);
      for (const volume of table.all().filter(({ options }) => needsMount(options)))
        releaseVolume(holds, volume, { holder: '', target: place(volume.name) });
    },
  };
}

function staging(
  context: VolumeContext,
  locks: KeyedLock,
): Pick<Volumes, 'stage' | 'stageNew' | 'publish' | 'adopt'> {
  const { layout, table, holds } = context;
  const checkNew = (name: string): void => {
    checkVolumeName(name);
    if (table.get(name)) throw conflict(`create ${name}: a volume of this name exists already`);
  };
  return {
    stage: async (name, { replace }) => {
      const volume = find(table, name);
      await checkPublishable(layout, volume, { replace, holders: holds.of(name) });
      return stageContent(layout, volume);
    },
    stageNew: async (name) => {
      checkNew(name);
      return stageNewContent(layout);
    },
    publish: (name, { path }, { replace }) =>
      locks.run(name, () =>
        publishContent(layout, find(table, name), path, { replace, holders: holds.of(name) }),
      ),
    adopt: ({ name, labels }, { path }) =>
      locks.run(name, async () => {
        checkNew(name);
        await adoptContent(layout, name, path);
        return record(context, name, { name, labels, options: {} });
      }),
  };
}

async function removeOne({ layout, table, holds, tell }: VolumeContext, volume: StoredVolume): Promise<void> {
  const [holder] = holds.of(volume.name);
  if (holder !== undefined) throw conflict(`remove ${volume.name}: volume is in use - [${holder}]`);
  await removeVolume(layout, table, volume);
  tell('destroy', present(layout, volume));
}

function find(table: VolumeTable, name: string): StoredVolume {
  const volume = table.get(name);
  if (!volume) throw notFound(`get ${name}: no such volume`);
  return volume;
}

function present(layout: Layout, volume: StoredVolume): VolumeRecord {
  const { name, createdAt, labels, options, anonymous } = volume;
  const mountpoint = volumePaths(layout, name).data;
  return { name, driver: 'local', mountpoint, createdAt, labels, options, anonymous };
}
