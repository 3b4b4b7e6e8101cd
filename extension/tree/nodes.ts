import type { StackLayer } from '../../backend/api/wire/strata-layers.ts';
import type { StrataVolume, VolumeEntry } from '../../backend/api/wire/strata-volumes.ts';
import type { MachineEntry } from '../client/connector.ts';
import type { Session } from '../client/session.ts';
import type { ContainerSummary } from '../client/shapes/containers.ts';
import type { ImageSummary } from '../client/shapes/images.ts';

/** The nodes of the views. Commands get them as their argument when called from a menu. */
export interface MachineNode {
  readonly kind: 'machine';
  readonly machine: MachineEntry;
}
/** Stands above containers or images where several machines are connected. */
export interface SessionNode {
  readonly kind: 'session';
  readonly session: Session;
}
export interface ContainerNode {
  readonly kind: 'container';
  readonly session: Session;
  readonly container: ContainerSummary;
}
export interface ImageNode {
  readonly kind: 'image';
  readonly session: Session;
  readonly image: ImageSummary;
}
export interface LayerNode {
  readonly kind: 'layer';
  readonly session: Session;
  readonly image: ImageSummary;
  readonly layer: StackLayer;
}

export interface VolumeNode {
  readonly kind: 'volume';
  readonly session: Session;
  readonly volume: StrataVolume;
}
/** A file or directory in a volume. */
export interface VolumeEntryNode {
  readonly kind: 'volume-entry';
  readonly session: Session;
  readonly volume: string;
  readonly entry: VolumeEntry;
}
/** Stands for the names after one, in a directory that has too many for one look. */
export interface VolumeMoreNode {
  readonly kind: 'volume-more';
  readonly session: Session;
  readonly volume: string;
  readonly path: string;
  readonly after: string;
}

export type StrataNode =
  | MachineNode
  | SessionNode
  | ContainerNode
  | ImageNode
  | LayerNode
  | VolumeNode
  | VolumeEntryNode
  | VolumeMoreNode;

/** Whether a command's argument is a node of this kind: keybindings and other extensions may pass anything. */
export function isNode<K extends StrataNode['kind']>(
  target: unknown,
  kind: K,
): target is Extract<StrataNode, { kind: K }> {
  return typeof target === 'object' && target !== null && 'kind' in target && target.kind === kind;
}
