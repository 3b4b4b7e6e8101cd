export interface VolumeRecord {
  name: string;
  driver: 'local';
  mountpoint: string;
  createdAt: string;
  labels: Record<string, string>;
  /** Made without a name (VOLUME, `-v /x`): removed with its container where that is asked for. */
  anonymous: boolean;
}

/** Local volumes: directories under <data>/volumes that outlive containers. */
export interface Volumes {
  list(): VolumeRecord[];
  /** @throws not-found */
  get(name: string): VolumeRecord;
  /** Returns the existing one where the name is known. Without a name an anonymous one of 64 hex digits. @throws invalid-argument for a bad name */
  ensure(name: string | null, labels?: Record<string, string>): Promise<VolumeRecord>;
  /**
   * Fills an empty volume from a directory of a container's root file system (owners, modes, times, xattrs, links
   * kept; the volume's root takes over owner and mode). Symlinks of the image are followed inside `rootfs` only.
   * A volume that holds anything is left alone, as is one whose path the image does not have.
   * @throws invalid-argument where the image has something else than a directory there
   */
  copyUp(name: string, rootfs: string, pathInside: string): Promise<void>;
  remove(name: string): Promise<void>;
}
