/** The share of each layer in the stack, 0 to 1, by size; all equal where everything is empty. */
export function layerShares(sizes: readonly number[]): number[] {
  const total = sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  if (total === 0) return sizes.map(() => 1 / Math.max(1, sizes.length));
  return sizes.map((size) => Math.max(0, size) / total);
}
