import { stat } from 'node:fs/promises';
import { run } from '../support/run.ts';
import { build, fromRoot, ROOT } from './build.ts';
import { SetupError } from './step.ts';

/** The packed extension, made again when the build is newer. */
export async function ensureVsix(): Promise<{ path: string; made: boolean; megabytes: string }> {
  await build({ packaged: true });
  const path = fromRoot('dist', 'strata.vsix');
  const [bundle, packed] = await Promise.all([
    stat(fromRoot('dist', 'extension.cjs')),
    stat(path).catch(() => null),
  ]);
  const made = packed === null || packed.mtimeMs < bundle.mtimeMs;
  if (made) await pack(path);
  return { path, made, megabytes: ((await stat(path)).size / 1e6).toFixed(1) };
}

async function pack(path: string): Promise<void> {
  const vsce = fromRoot('node_modules', '@vscode', 'vsce', 'vsce');
  const args = [
    vsce,
    'package',
    '--no-dependencies',
    '--skip-license',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    path,
  ];
  const { code, stderr, stdout } = await run(process.execPath, args, { cwd: ROOT, timeout: 300_000 });
  if (code === 0) return;
  throw new SetupError(
    `vsce package failed: ${(stderr || stdout).trim()}`,
    'mend what it names, then run this again',
  );
}
