import type { LayerEntry, LayerIndex } from '../layer-index.ts';
import { mergeStack, parentPath } from './merge-stack.ts';

export type ProviderRole = 'wins' | 'shadowed' | 'whiteout' | 'opaque' | 'deleted';

/** A layer that has something to say about a path. */
export interface PathProvider {
  layer: number;
  role: ProviderRole;
  /** Why a process sees it, or why it does not. */
  why: string;
  /** Null where the layer hides the path without having it. */
  entry: LayerEntry | null;
}

export interface PathProvenance {
  path: string;
  exists: boolean;
  /** Top first. */
  providers: PathProvider[];
}

/**
 * Which layers have, hide or delete a path, top first. The first that has it wins, until a whiteout, an
 * opaque directory, or something that is no directory in the place of a parent cuts off what lies below.
 */
export function provenance(stack: readonly LayerIndex[], path: string): PathProvenance {
  const providers: PathProvider[] = [];
  const state: Search = { cut: null, winner: null };
  for (let layer = stack.length - 1; layer >= 0; layer -= 1) {
    const lookup = lookUp(stack[layer]?.entries ?? [], path);
    const here = providerOf(lookup, layer, path, state);
    if (here) providers.push(here);
  }
  // Who hides a path is of interest only where there is something to hide.
  while (providers.at(-1)?.entry === null) providers.pop();
  const exists = path === '' || state.winner !== null;
  return { path, exists, providers: withAttributes(stack, path, providers) };
}

interface Search {
  /** What hides the path in all layers below, and what a version there is then. */
  cut: { how: string; role: 'shadowed' | 'deleted' } | null;
  winner: { layer: number; entry: LayerEntry } | null;
}

interface LookUp {
  own: LayerEntry | undefined;
  /** A parent, the nearest first, that hides what lower layers have below it. */
  hiding: LayerEntry | undefined;
}

function lookUp(entries: readonly LayerEntry[], path: string): LookUp {
  const parents = new Set<string>();
  for (let parent = path; parent !== ''; ) {
    parent = parentPath(parent);
    parents.add(parent);
  }
  let own: LayerEntry | undefined;
  let hiding: LayerEntry | undefined;
  for (const entry of entries) {
    if (entry.path === path) own = entry;
    else if (parents.has(entry.path) && (entry.type !== 'directory' || entry.opaque)) hiding = entry;
  }
  return { own, hiding };
}

function providerOf(
  { own, hiding }: LookUp,
  layer: number,
  path: string,
  state: Search,
): PathProvider | null {
  // Who deleted a path is told also where a version above hides it anyway.
  const wasCut = state.cut?.role === 'deleted';
  const provider = own ? entryProvider(own, layer, state) : null;
  if (!hiding || wasCut) return provider;
  state.cut = { how: howHidden(hiding, layer), role: 'deleted' };
  return provider ?? hidingProvider(hiding, layer, path, state);
}

function entryProvider(entry: LayerEntry, layer: number, state: Search): PathProvider {
  const { cut } = state;
  if (entry.type === 'whiteout' && cut?.role !== 'deleted') return whiteoutProvider(entry, layer, state);
  if (cut) return { layer, role: cut.role, why: `not seen: ${cut.how}`, entry };
  const provider = state.winner ? shadowed(entry, layer, state.winner) : winning(entry, layer, state);
  if (entry.opaque) {
    state.cut = { how: `the directory is opaque in layer ${layer}`, role: 'shadowed' };
    provider.why += '; opaque: hides what lower layers have in it';
    if (provider.role === 'shadowed') provider.role = 'opaque';
  } else if (entry.type !== 'directory')
    state.cut = { how: `hidden by the ${entry.type} in layer ${layer}`, role: 'shadowed' };
  return provider;
}

function whiteoutProvider(entry: LayerEntry, layer: number, state: Search): PathProvider {
  state.cut = { how: `layer ${layer} deletes it with a whiteout`, role: 'deleted' };
  const why = state.winner
    ? `deletes what lower layers have here; layer ${state.winner.layer} made it anew`
    : 'deletes the path: a whiteout hides what lower layers have here';
  return { layer, role: 'whiteout', why, entry };
}

function winning(entry: LayerEntry, layer: number, state: Search): PathProvider {
  state.winner = { layer, entry };
  const why =
    entry.type === 'directory'
      ? 'the topmost layer that has the directory; its names are merged with those of lower layers'
      : 'the topmost layer that has the path';
  return { layer, role: 'wins', why, entry };
}

function shadowed(
  entry: LayerEntry,
  layer: number,
  winner: { layer: number; entry: LayerEntry },
): PathProvider {
  const bothDirectories = entry.type === 'directory' && winner.entry.type === 'directory';
  const why = bothDirectories
    ? `merged: its names are seen, its attributes are those of layer ${winner.layer}`
    : `hidden by the ${winner.entry.type} in layer ${winner.layer}`;
  return { layer, role: 'shadowed', why, entry };
}

function hidingProvider(hiding: LayerEntry, layer: number, path: string, state: Search): PathProvider {
  const role = hiding.type === 'whiteout' ? 'whiteout' : 'opaque';
  const made = state.winner ? `; layer ${state.winner.layer} made ${path} anew` : '';
  return { layer, role, why: `${howHidden(hiding, layer)}${made}`, entry: null };
}

function howHidden({ path, type }: LayerEntry, layer: number): string {
  const parent = `/${path}`;
  if (type === 'whiteout') return `layer ${layer} deletes ${parent} with a whiteout`;
  if (type === 'directory') return `${parent} is opaque in layer ${layer}`;
  return `${parent} is a ${type} in layer ${layer}`;
}

/** An implied directory shows the attributes that a lower layer gives, in the place where it wins. */
function withAttributes(
  stack: readonly LayerIndex[],
  path: string,
  providers: PathProvider[],
): PathProvider[] {
  const winner = providers.find(({ role }) => role === 'wins');
  if (!winner?.entry?.implied) return providers;
  const merged = mergeStack(stack).get(path);
  if (!merged || merged.layer === winner.layer) return providers;
  winner.entry = merged.entry;
  winner.why += `; the layer does not describe it, so its attributes come from layer ${merged.layer}`;
  return providers;
}
