import { appendFile, cp, link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { packPart } from '../../backend/package/pack-part.ts';
import { fromRoot } from '../setup/build.ts';

const manifestSchema = z.looseObject({
  version: z.string(),
  bundle: z.looseObject({ digest: z.string() }),
  runtimes: z.record(z.string(), z.looseObject({ file: z.string() })),
});

/** The agent of a later release, made from this one: the same runtime, another bundle with a higher version. */
export async function makeNewerParts(directory: string): Promise<{ parts: string; version: string }> {
  const from = fromRoot('dist', 'agent-parts');
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(from, 'manifest.json'), 'utf8')));
  const version = manifest.version.replace(/^\d+/, (major) => String(Number(major) + 1));
  const agent = join(directory, 'agent');
  const parts = join(directory, 'parts');
  await cp(fromRoot('dist', 'agent'), agent, { recursive: true });
  await mkdir(parts, { recursive: true });
  await appendFile(join(agent, 'stratad.mjs'), `\n// ${version}\n`);
  const files = (await readdir(agent))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => ({ name, path: join(agent, name), mode: 0o644 }));
  const bundle = await packPart(parts, 'bundle', { kind: 'bundle', version }, files);
  for (const { file } of Object.values(manifest.runtimes)) await link(join(from, file), join(parts, file));
  await writeFile(join(parts, 'manifest.json'), JSON.stringify({ ...manifest, version, bundle }));
  return { parts, version };
}
