import type { IdMapping } from '../oci/id-mapping.ts';

export interface VolumeRecord {
  name: string;
  driver: 'local';
  mountpoint: string;
  createdAt: string;
  labels: Record<string, string>;
  /** `type`, `device` and `o` of a volume that is mounted from somewhere else; empty for a plain directory. */
  options: Record<string, string>;
  /** Made without a name (VOLUME, `-v /x`): removed with its container where that is asked for. */
  anonymous: boolean;
}

export interface CreateVolumeRequest {
  /** Null for an anonymous one of 64 hex digits. */
  name: string | null;
  /** Empty or `local`. */
  driver: string;
  options: Record<string, string>;
  labels: Record<string, string>;
}

/** Whoever keeps a volume in use, such as a running container. */
export interface VolumeHold {
  name: string;
  holder: string;
}

/** A directory of a container's root file system, and where in the volume its content belongs. */
export interface CopySource {
  rootfs: string;
  pathInside: string;
  /** Of a container in a user namespace. */
  mapping?: IdMapping | null;
  subpath?: string;
}

/** Holders that begin like this read and write files for a client, and are no containers. */
export const FILES_HOLDER = 'files-';

/** Deleted when it is left, unless it became the content of a volume. */
export interface StagedContent extends AsyncDisposable {
  readonly path: string;
}

/** What became of a volume, for those who listen. */
export type VolumeListener = (action: 'create' | 'destroy', volume: VolumeRecord) => void;

/** Local volumes: directories under <data>/volumes that outlive containers, or what is mounted on them. */
export interface Volumes {
  list(): VolumeRecord[];
  /** @throws not-found */
  get(name: string): VolumeRecord;
  /**
   * Returns the existing one where the name is known.
   * @throws invalid-argument for a bad name or option, not-found for another driver, conflict for a known name with other options
   */
  create(request: CreateVolumeRequest): Promise<VolumeRecord>;
  /** As `create`, for a plain directory. Without a name an anonymous one of 64 hex digits. */
  ensure(name: string | null, labels?: Record<string, string>): Promise<VolumeRecord>;
  /**
   * A container is about to use the volume: what its options name is mounted where nobody uses it yet.
   * @returns whether this holder is a new one. @throws not-found; internal with the cause when it cannot be mounted
   */
  hold(hold: VolumeHold): Promise<boolean>;
  /** Unmounts with the last holder. Idempotent. @returns whether this one held it */
  release(hold: VolumeHold): Promise<boolean>;
  /** At the daemon's start, before anything is released: who may still be using what. The rest is unmounted. */
  recover(holds: readonly VolumeHold[]): Promise<void>;
  /**
   * Fills an empty volume from a directory of a container's root file system (owners, modes, times, xattrs, links
   * kept; the volume's root takes over owner and mode). Symlinks of the image are followed inside `rootfs` only.
   * With the mapping of a container in a user namespace the copy gets the owners that its processes see. With a
   * sub-path it is that directory of the volume that is filled where it is empty, and nothing where it is missing.
   * A volume that holds anything is left alone, as is one whose path the image does not have.
   * @throws invalid-argument where the image has something else than a directory there
   */
  copyUp(name: string, source: CopySource): Promise<void>;
  /**
   * A new directory where content for a volume can be made whole, on the volume's own file system. What a crash leaves
   * of it is deleted at the next start; inside what is mounted from somewhere else it stays.
   * @throws not-found; conflict as `publish` will
   */
  stage(name: string, options: { replace: boolean }): Promise<StagedContent>;
  /** The same for a volume that is yet to be made. @throws invalid-argument, conflict as `adopt` will */
  stageNew(name: string): Promise<StagedContent>;
  /**
   * Makes staged content that of the volume, its directory's owner, mode and extended attributes too. Without `replace`
   * the volume must be empty, with it no container may be using it.
   * @throws not-found, conflict
   */
  publish(name: string, staged: StagedContent, options: { replace: boolean }): Promise<void>;
  /** A new volume with staged content, which is there as a whole or not at all. @throws invalid-argument, conflict for a known name */
  adopt(
    volume: Pick<CreateVolumeRequest, 'labels'> & { name: string },
    staged: StagedContent,
  ): Promise<VolumeRecord>;
  /** Bytes of its files, hard links counted once. What is mounted from somewhere else is not ours: 0. @throws not-found */
  usage(name: string): Promise<number>;
  /** @throws not-found, conflict while somebody holds it */
  remove(name: string): Promise<void>;
}
