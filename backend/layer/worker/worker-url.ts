/**
 * The code of the layer worker: beside the daemon where both are bundled into files of their own
 * (`stratad.mjs`, `layer-worker.mjs`), else the source, which Node runs as it is.
 */
export function layerWorkerUrl(): URL {
  const bundled = !import.meta.url.endsWith('.ts');
  return new URL(bundled ? './layer-worker.mjs' : './layer-worker.ts', import.meta.url);
}
