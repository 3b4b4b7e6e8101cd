import type { DescribedVolume } from '../../engine/volumes/describe-volume.ts';
import type { ListedNames, PathStat } from '../../layer/archive/messages.ts';
import { showName } from '../../layer/byte-names.ts';
import type { FileAttributes } from './strata-layers.ts';
import type { StrataVolume, VolumeEntry, VolumeTree } from './strata-volumes.ts';
import { volumeLabels } from './volume.ts';

export function strataVolumeBody({ volume, users, size }: DescribedVolume): StrataVolume {
  const { name, driver, mountpoint, createdAt, options, anonymous } = volume;
  const labels = volumeLabels(volume);
  return { name, driver, mountpoint, created: createdAt, labels, options, anonymous, users, size };
}

/** @param path as it was asked for */
export function volumeTreeBody(path: string, { entries, last }: ListedNames): VolumeTree {
  const directory = path === '/' ? '' : path;
  return {
    path,
    entries: entries.map((stat) => volumeEntryBody(`${directory}/${showName(stat.name)}`, stat)),
    next: last === null ? null : showName(last),
  };
}

export function volumeEntryBody(path: string, stat: PathStat): VolumeEntry {
  return { path, file: attributes(stat) };
}

function attributes({ type, mode, uid, gid, size, mtime, linkTarget, device }: PathStat): FileAttributes {
  const file: FileAttributes = {
    // Nothing hides anything in a volume.
    type: type === 'whiteout' ? 'char' : type,
    mode,
    uid,
    gid,
    size,
    mtime: mtime.seconds + mtime.nanoseconds / 1e9,
  };
  if (linkTarget !== '') file.linkTarget = showName(linkTarget);
  if (type === 'char' || type === 'block') file.rdev = device;
  return file;
}
