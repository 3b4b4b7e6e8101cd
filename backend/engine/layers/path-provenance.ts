import { provenance, type PathProvider } from '../../layer/views/provenance.ts';
import type { LayerEntry } from '../../layer/layer-index.ts';
import type { Stack, StackMount } from './layer-stack.ts';

export interface StackProvider extends Omit<PathProvider, 'layer'> {
  kind: 'mount' | 'writable' | 'layer';
  /** Position in the stack; null for a mount. */
  layer: number | null;
  entry: LayerEntry | null;
}

export interface StackProvenance {
  path: string;
  exists: boolean;
  providers: StackProvider[];
}

/** Everything that has a say about a path, the winner first: mounts, the writable layer, the image's layers. */
export async function pathProvenance(stack: Stack, path: string): Promise<StackProvenance> {
  const found = provenance(await stack.indexes(), path);
  const inLayers = found.providers.map(
    (provider): StackProvider => ({
      ...provider,
      kind: stack.container && provider.layer === stack.top ? 'writable' : 'layer',
    }),
  );
  const mounts = mountsOver(stack.container?.mounts ?? [], path);
  const [winner] = mounts;
  if (!winner) return { path, exists: found.exists, providers: inLayers };
  const hidden = inLayers.map((provider) => hiddenBy(provider, winner));
  return { path, exists: true, providers: [...mounts.map(mountProvider), ...hidden] };
}

/** The mounts that a path lies in, the innermost first. */
function mountsOver(mounts: readonly StackMount[], path: string): StackMount[] {
  const absolute = `/${path}`;
  return mounts
    .filter(({ destination }) => absolute === destination || absolute.startsWith(`${destination}/`))
    .toSorted((a, b) => b.destination.length - a.destination.length);
}

function mountProvider({ destination, description }: StackMount, position: number): StackProvider {
  const why =
    position === 0
      ? `${description} is mounted at ${destination}: everything there comes from it, and no layer is asked`
      : `${description} at ${destination} is covered by the mount below it`;
  return { kind: 'mount', layer: null, role: position === 0 ? 'wins' : 'shadowed', why, entry: null };
}

function hiddenBy(provider: StackProvider, { destination, description }: StackMount): StackProvider {
  if (provider.role !== 'wins') return provider;
  const why = `hidden by ${description}, mounted at ${destination}`;
  return { ...provider, role: 'shadowed', why };
}
