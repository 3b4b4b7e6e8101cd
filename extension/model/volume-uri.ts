export const volumeScheme = 'strata-volume';

/** A file in a volume of a machine. */
export interface VolumeAddress {
  machine: string;
  volume: string;
  /** Absolute within the volume. */
  path: string;
}

/** The path of a `strata-volume:` address. Machine and volume stand in it, so that the editor can go up and down. */
export function volumeUriPath({ machine, volume, path }: VolumeAddress): string {
  return `/${encodeURIComponent(machine)}/${volume}${path === '/' ? '' : path}`;
}

/** The reverse; undefined where the address is none of ours (an editor may restore anything). */
export function parseVolumePath(path: string): VolumeAddress | undefined {
  const [empty, machine, volume, ...names] = path.split('/');
  if (empty !== '' || !machine || !volume) return undefined;
  try {
    return { machine: decodeURIComponent(machine), volume, path: `/${names.filter(Boolean).join('/')}` };
  } catch {
    return undefined;
  }
}
