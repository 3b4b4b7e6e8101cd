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
  /** Fills an empty volume from a directory of the image (ownership, modes, times, xattrs kept), once, before its first use. A volume that holds anything is left alone. */
  copyUp(name: string, sourceDirectory: string): Promise<void>;
  remove(name: string): Promise<void>;
}
