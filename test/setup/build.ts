import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../support/run.ts';
import { SetupError } from './step.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const fromRoot = (...parts: string[]): string => join(ROOT, ...parts);

const SOURCES = ['backend', 'extension', 'media', 'esbuild.config.mjs', 'package.json', 'package-lock.json'];

export interface BuildOptions {
  /** Also makes the parts that are uploaded to other machines. */
  packaged?: boolean;
}

/** Bundles the extension and the agent. Returns whether there was anything to do. */
export async function build({ packaged = false }: BuildOptions = {}): Promise<boolean> {
  const made = [fromRoot('dist', 'extension.cjs'), fromRoot('dist', 'agent', 'stratad.mjs')];
  if (packaged) made.push(fromRoot('dist', 'agent-parts'));
  const oldest = Math.min(...(await Promise.all(made.map(modified))));
  if (oldest > (await newestSource())) return false;
  const args = ['esbuild.config.mjs', ...(packaged ? ['--package'] : [])];
  const { code, stderr, stdout } = await run(process.execPath, args, { cwd: ROOT, timeout: 300_000 });
  if (code !== 0) {
    throw new SetupError(
      `the build failed: ${(stderr || stdout).trim()}`,
      'mend the named file, then run this again',
    );
  }
  return true;
}

function modified(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function newestSource(): Promise<number> {
  const times = await Promise.all(SOURCES.map((name) => newestBelow(fromRoot(name))));
  return Math.max(...times);
}

async function newestBelow(path: string): Promise<number> {
  const own = await modified(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Math.max(own, ...(await Promise.all(files.map(modified))));
}
