/**
 * How the ids of a container in a user namespace of its own lie on the host: 0…size-1 inside are `hostId`…
 * outside. The kernel maps on the way into a mount; who reads the writable layer past the mount maps by this.
 */
export interface IdMapping {
  readonly hostId: number;
  readonly size: number;
}

/** What the kernel shows for an id that a mapping does not have (/proc/sys/kernel/overflowuid). */
export const OVERFLOW_ID = 65534;

/** The container's id as the host has it; undefined for one that the mapping does not have. */
export function toHost(mapping: IdMapping | null, id: number): number | undefined {
  if (mapping === null) return id;
  return id >= 0 && id < mapping.size ? mapping.hostId + id : undefined;
}

/** A host's id as the container sees it; undefined for one that is none of the container's. */
export function toContainer(mapping: IdMapping | null, id: number): number | undefined {
  if (mapping === null) return id;
  const inside = id - mapping.hostId;
  return inside >= 0 && inside < mapping.size ? inside : undefined;
}
