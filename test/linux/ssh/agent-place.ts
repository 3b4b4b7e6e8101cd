import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Instance } from '../../../extension/connection/bootstrap/instance.ts';
import { sweep } from '../../support/sweep.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The parts as they are shipped, built when the sources have changed. */
export async function buildParts(): Promise<string> {
  await run(process.execPath, ['esbuild.config.mjs', '--package'], { cwd: root, timeout: 300_000 });
  return join(root, 'dist/agent-parts');
}

export interface AgentPlace extends AsyncDisposable {
  readonly root: string;
  readonly instance: Instance;
  /** Process id of the agent that runs. */
  pid(): Promise<number>;
}

/** A place for an agent of its own, which ends with it. */
export async function makeAgentPlace(more: Partial<Instance> = {}): Promise<AgentPlace> {
  const dir = await makeTempDir('strata-a-');
  const at = (name: string): string => join(dir.path, name);
  await run('chmod', ['755', dir.path]);
  const instance: Instance = {
    socket: at('s/strata.sock'),
    dataRoot: at('data'),
    runRoot: at('run'),
    pidfile: at('s/pid'),
    log: at('log'),
    prefix: at('opt'),
    unit: undefined,
    group: undefined,
    uploads: at('uploads'),
    serveArguments: [],
    ...more,
  };
  return {
    root: dir.path,
    instance,
    pid: async () => Number(await readFile(instance.pidfile, 'utf8')),
    [Symbol.asyncDispose]: async () => {
      await sweep(dir.path, []);
      await dir[Symbol.asyncDispose]();
    },
  };
}

/** A copy of the parts whose bundle has one more line, under its new digest: another version. */
export async function changedParts(from: string, directory: string): Promise<string> {
  await cp(from, directory, { recursive: true });
  const file = join(directory, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as {
    bundle: { digest: string; file: string; size: number };
  };
  const unpacked = join(directory, 'unpacked');
  await mkdir(unpacked);
  await run('tar', ['-xzf', join(directory, manifest.bundle.file), '-C', unpacked]);
  await appendFile(join(unpacked, 'stratad.mjs'), '\n// another build\n');
  const archive = join(directory, 'other.tar.gz');
  await run('tar', ['-czf', archive, '-C', unpacked, '.']);
  const { stdout } = await run('sha256sum', [archive]);
  manifest.bundle = { digest: stdout.slice(0, 64), file: 'other.tar.gz', size: (await stat(archive)).size };
  await writeFile(file, JSON.stringify(manifest));
  return directory;
}
