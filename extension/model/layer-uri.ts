import type { StackSubject } from '../client/layers.ts';

/** How the bytes of a file are to be shown. `text` stands for itself: its content is in the address. */
export type Shape = 'plain' | 'hex' | 'text';

/** One version of a file: what one layer of one stack on one machine holds for a path. */
export interface LayerFileAddress {
  machine: string;
  subject: StackSubject;
  layer: number;
  /** Absolute, with `/`. */
  path: string;
  shape: Shape;
  /** Tells versions of a writable layer's file apart, so that an old one is not shown for a new one. */
  stamp: string;
  /** More bytes than usual were asked for. */
  large: boolean;
  text: string;
}

export const layerScheme = 'strata-layer';

/** The query of a `strata-layer:` address; the path stands in the path, where the editor finds the name. */
export function layerQuery(address: LayerFileAddress): string {
  const query = new URLSearchParams({
    machine: address.machine,
    kind: address.subject.kind,
    id: address.subject.id,
    layer: String(address.layer),
    shape: address.shape,
    stamp: address.stamp,
  });
  if (address.large) query.set('large', '1');
  if (address.text !== '') query.set('text', address.text);
  return query.toString();
}

/** The reverse; undefined where the address is none of ours (an editor may restore anything). */
export function parseLayerAddress(path: string, query: string): LayerFileAddress | undefined {
  const values = new URLSearchParams(query);
  const machine = values.get('machine');
  const kind = values.get('kind');
  const id = values.get('id');
  const layer = Number(values.get('layer') ?? 'none');
  const shape = values.get('shape') ?? 'plain';
  if (machine === null || id === null || (kind !== 'image' && kind !== 'container')) return undefined;
  if (!Number.isInteger(layer) || (shape !== 'plain' && shape !== 'hex' && shape !== 'text'))
    return undefined;
  return {
    machine,
    subject: { kind, id },
    layer,
    path,
    shape,
    stamp: values.get('stamp') ?? '',
    large: values.get('large') === '1',
    text: values.get('text') ?? '',
  };
}
