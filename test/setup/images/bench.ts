import { busyboxLayer } from './busybox.ts';
import type { ImageSource } from './oci-layout.ts';
import { directory, file, tarOf, type TarEntry } from './tar-layer.ts';

const MEGABYTE = 1024 * 1024;
const LAYERS = 8;

/** 300 MB in 8 layers of 28 large files. */
export const bench300Image = (): Promise<ImageSource> => layered((layer) => largeFiles(layer));

/** 300 MB in 8 layers of 44,000 small files. */
export const bench44kImage = (): Promise<ImageSource> => layered((layer) => smallFiles(layer, 5500, 7150));

/** 20,000 files in 8 layers, each of which changes and deletes files of the one below. */
export const files20kImage = (): Promise<ImageSource> => layered((layer) => smallFiles(layer, 2500, 600));

async function layered(entries: (layer: number) => Iterable<TarEntry>): Promise<ImageSource> {
  const numbers = Array.from({ length: LAYERS - 1 }, (_, i) => i + 1);
  const base = await busyboxLayer([...entries(0)]);
  const layers = numbers.map((layer) => ({
    instruction: `RUN /bin/sh -c make layer-${layer} # buildkit`,
    tar: () => tarOf(entries(layer)),
  }));
  return { layers: [base, ...layers], config: { Cmd: ['sh'], Env: ['PATH=/bin'] } };
}

function* largeFiles(layer: number): Generator<TarEntry> {
  yield directory(`data-${layer}`);
  // 8 layers × (4 or 3 files) of about 10.7 MB: 28 files, 300 MB.
  const count = layer % 2 === 0 ? 4 : 3;
  for (let i = 0; i < count; i += 1) {
    yield file(`data-${layer}/large-${i}.bin`, content(layer * 100 + i, Math.floor(10.7 * MEGABYTE)));
  }
}

function* smallFiles(layer: number, count: number, size: number): Generator<TarEntry> {
  yield directory('tree');
  yield directory(`tree/${layer}`);
  const perDirectory = 100;
  for (let i = 0; i < count; i += 1) {
    const parent = `tree/${layer}/${Math.floor(i / perDirectory)}`;
    if (i % perDirectory === 0) yield directory(parent);
    yield file(`${parent}/file-${i}.txt`, content(layer * count + i, size));
  }
  if (layer === 0) return;
  // A change and a deletion in the layer below, so that the explorer has something to compare.
  yield directory(`tree/${layer - 1}`);
  yield directory(`tree/${layer - 1}/0`);
  yield file(`tree/${layer - 1}/0/file-1.txt`, content(layer, size));
  yield file(`tree/${layer - 1}/0/.wh.file-2.txt`, '');
}

/** Bytes that compress to about half, like programs do; the same seed always gives the same bytes. */
function content(seed: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  for (let at = 0; at < size; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // Every other word repeats one from a while ago.
    const word = (at & 4) === 0 || at < 256 ? state >>> 0 : buffer.readUInt32LE(at - 252);
    if (at + 4 <= size) buffer.writeUInt32LE(word, at);
    else buffer.fill(word & 0xff, at);
  }
  return buffer;
}
