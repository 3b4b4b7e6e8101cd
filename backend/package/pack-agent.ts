import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../base/errors.ts';
import { VERSION } from '../engine/version.ts';
import { findRuntime, type Arch, type RuntimeFiles } from './find-runtime.ts';
import { digestOf, packPart, type PackedPart, type PartFile } from './pack-part.ts';

interface Manifest {
  version: string;
  bundle: PackedPart;
  runtimes: Partial<Record<Arch, PackedPart>>;
  /** What each archive was made of, so that nothing is packed twice: compressing Node takes seconds. */
  sources: Record<string, string>;
}

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const output = join(root, 'dist/agent-parts');

/**
 * Packs what is uploaded to a machine into `dist/agent-parts`: a runtime per kind of processor (Node and
 * koffi's native file, which change rarely) and one bundle (the daemon and its workers, which change often).
 */
async function packAgent(): Promise<void> {
  await mkdir(output, { recursive: true });
  const before = await readManifest();
  const manifest: Manifest = {
    version: VERSION,
    bundle: await packBundle(before),
    runtimes: {},
    sources: {},
  };
  manifest.sources['bundle'] = sourcesOfBundle;
  for (const arch of ['x64', 'arm64'] as const) {
    const files = await findRuntime(root, join(root, 'dist/cache'), arch).catch((error: unknown) => {
      process.stdout.write(`no agent for ${arch} in this build: ${firstLine(messageOf(error))}\n`);
      return undefined;
    });
    if (files === undefined) continue;
    const { part, source } = await packRuntime(arch, files, before);
    manifest.runtimes[arch] = part;
    manifest.sources[arch] = source;
  }
  await publish(manifest);
  for (const { file, size } of [manifest.bundle, ...Object.values(manifest.runtimes)]) {
    process.stdout.write(`dist/agent-parts/${file}: ${(size / 1024 / 1024).toFixed(1)} MiB\n`);
  }
}

let sourcesOfBundle = '';

async function packBundle(before: Manifest | undefined): Promise<PackedPart> {
  const directory = join(root, 'dist/agent');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.mjs')).toSorted();
  if (!names.includes('stratad.mjs'))
    throw new Error('dist/agent/stratad.mjs is missing: npm run build makes it');
  const files = names.map((name): PartFile => ({ name, path: join(directory, name), mode: 0o644 }));
  sourcesOfBundle = await sourceOf(files, VERSION);
  const kept = await unchanged(before?.bundle, before?.sources['bundle'], sourcesOfBundle);
  return kept ?? packPart(output, 'bundle', { kind: 'bundle', version: VERSION }, files);
}

async function packRuntime(
  arch: Arch,
  { node, koffi }: RuntimeFiles,
  before: Manifest | undefined,
): Promise<{ part: PackedPart; source: string }> {
  const files: PartFile[] = [
    { name: 'node', path: node, mode: 0o755 },
    // The bundle looks for it beside the Node that runs it. No version of ours: a release keeps the runtime.
    { name: `koffi-linux-${arch}.node`, path: koffi, mode: 0o644 },
  ];
  const source = await sourceOf(files, '');
  const kept = await unchanged(before?.runtimes[arch], before?.sources[arch], source);
  const part = kept ?? (await packPart(output, `runtime-${arch}`, { kind: 'runtime', arch }, files));
  return { part, source };
}

async function sourceOf(files: readonly PartFile[], version: string): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, path } of files) hash.update(`${name} ${await digestOf(path)}\n`);
  return hash.update(version).digest('hex');
}

async function unchanged(
  part: PackedPart | undefined,
  before: string | undefined,
  now: string,
): Promise<PackedPart | undefined> {
  if (part === undefined || before !== now) return undefined;
  return access(join(output, part.file)).then(
    () => part,
    () => undefined,
  );
}

async function readManifest(): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(output, 'manifest.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** The manifest changes when all it names is there; archives that it no longer names go after that. */
async function publish(manifest: Manifest): Promise<void> {
  const file = join(output, 'manifest.json');
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(`${file}.new`, file);
  const named = new Set([
    'manifest.json',
    manifest.bundle.file,
    ...Object.values(manifest.runtimes).map(({ file }) => file),
  ]);
  for (const name of await readdir(output)) if (!named.has(name)) await rm(join(output, name));
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

await packAgent();
