import type { DescribedLayer } from '../../engine/layers/describe-stack.ts';
import type { Stack } from '../../engine/layers/layer-stack.ts';
import type { StackProvenance, StackProvider } from '../../engine/layers/path-provenance.ts';
import type { LayerEntry } from '../../layer/layer-index.ts';
import type { PathChange } from '../../layer/views/layer-changes.ts';
import type { TreeNode } from '../../layer/views/merged-tree.ts';
import { familiarNames } from './image-summary.ts';
import type {
  FileAttributes,
  LayerChange,
  LayerStack,
  Provenance,
  Provider,
  TreeEntry,
} from './strata-layers.ts';

export function layerStackBody(stack: Stack, layers: DescribedLayer[]): LayerStack {
  return {
    image: stack.imageId,
    references: familiarNames([...(stack.image?.tags ?? []), ...(stack.image?.digests ?? [])]),
    container: stack.container?.id ?? null,
    layers,
  };
}

export function changeBody({
  path,
  change,
  opaque,
  differs,
  entry,
  shadows,
  shadowed,
}: PathChange): LayerChange {
  const file = entry && fileAttributes(entry);
  const before = shadowed && fileAttributes(shadowed);
  return {
    path: `/${path}`,
    change,
    ...(opaque ? { opaque } : {}),
    ...(differs ? { differs } : {}),
    ...(file ? { file } : {}),
    // The root that no layer describes has no position.
    ...(shadows !== undefined && shadows >= 0 ? { shadows } : {}),
    ...(before ? { shadowed: before } : {}),
  };
}

export function treeBody(nodes: readonly TreeNode[]): TreeEntry[] {
  return nodes.flatMap(({ path, layer, entry }) => {
    const file = fileAttributes(entry);
    return file ? [{ path: `/${path}`, layer, file }] : [];
  });
}

export function provenanceBody(found: StackProvenance, layers: readonly DescribedLayer[]): Provenance {
  return {
    path: `/${found.path}`,
    exists: found.exists,
    providers: found.providers.map((provider) => providerBody(provider, layers)),
  };
}

function providerBody(
  { kind, layer, role, why, entry }: StackProvider,
  layers: readonly DescribedLayer[],
): Provider {
  const described = layer === null ? undefined : layers[layer];
  return {
    kind,
    layer,
    digest: described?.digest ?? null,
    instruction: described?.instruction ?? '',
    role,
    why,
    file: (entry && fileAttributes(entry)) ?? null,
  };
}

/** A whiteout is no file: it has no attributes. */
function fileAttributes(entry: LayerEntry): FileAttributes | undefined {
  const { type, mode, uid, gid, size, mtime, linkTarget, digest, rdev, xattrs } = entry;
  if (type === 'whiteout') return undefined;
  const file: FileAttributes = { type, mode, uid, gid, size, mtime };
  // Assigned one by one: twenty thousand times a spread is what would be seen in a profile.
  if (linkTarget !== undefined) file.linkTarget = linkTarget;
  if (digest !== undefined) file.digest = digest;
  if (rdev !== undefined) file.rdev = rdev;
  if (xattrs !== undefined) file.xattrs = xattrs;
  return file;
}
