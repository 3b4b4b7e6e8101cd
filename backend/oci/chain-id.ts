import { digestOf, type Digest } from './digest.ts';

/**
 * The name of a stack of layers, bottom first: ChainID(L0) = DiffID(L0),
 * ChainID(L0…Ln) = digest(ChainID(L0…Ln-1) + " " + DiffID(Ln)) (image-spec, config.md#layer-chainid).
 * The stack of no layers has no ChainID; it is named by the digest of the empty string here.
 */
export function chainId(diffIds: readonly Digest[]): Digest {
  const [first, ...rest] = diffIds;
  if (first === undefined) return digestOf('');
  return rest.reduce((chain, diffId) => digestOf(`${chain} ${diffId}`), first);
}
