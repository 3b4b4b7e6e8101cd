import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { run } from '../support/run.ts';
import { CODE_SERVER_PACKAGES, ensureDebianPackages } from './debian-packages.ts';
import { cached, cachePath, exists } from './images/cache-dir.ts';
import { SetupError } from './step.ts';

const VERSION = '4.139.1';

export interface CodeServer {
  version: string;
  /** Program and first arguments that start it. */
  command: readonly string[];
  fromCache: boolean;
}

/** A real VS Code in the browser, built once per version outside of `node_modules`. */
export async function ensureCodeServer(): Promise<CodeServer> {
  const name = `code-server-${VERSION}`;
  const fromCache = await exists(cachePath(name));
  const directory = fromCache ? cachePath(name) : await cached(name, install);
  const entry = join(directory, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  return { version: VERSION, command: [process.execPath, entry], fromCache };
}

async function install(directory: string): Promise<void> {
  await ensureDebianPackages(CODE_SERVER_PACKAGES);
  const nodeDir = await nodeWithHeaders();
  const manifest = {
    private: true,
    // Newer npm versions run no install scripts but those that are named.
    allowScripts: { 'code-server': true, argon2: true },
    dependencies: { 'code-server': VERSION },
  };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  const { code, stderr, stdout } = await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: directory,
      timeout: 1_200_000,
      env: {
        ...withoutNpmVariables(process.env),
        // code-server refuses every Node but 24, and compiles for the Node that runs npm.
        PATH: `${join(nodeDir, 'bin')}:${process.env['PATH']}`,
        npm_config_nodedir: nodeDir,
      },
    },
  );
  if (code !== 0) {
    throw new SetupError(
      `code-server ${VERSION} could not be built: ${(stderr || stdout).trim().slice(-1500)}`,
      'install VS Code ("code" on PATH) instead, or mend what the lines above name and run this again',
    );
  }
}

/** `npm test` hands its own settings down, the Node that it runs on among them: code-server would believe them. */
function withoutNpmVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toLowerCase().startsWith('npm_')));
}

/** Node 24 with its headers, from npm: nothing is fetched from anywhere else. */
async function nodeWithHeaders(): Promise<string> {
  const require = createRequire(import.meta.url);
  const source = dirname(require.resolve(`node-linux-${process.arch}/package.json`));
  return cached(`node-${process.versions.node}`, async (target) => {
    await mkdir(join(target, 'bin'), { recursive: true });
    await copyFile(join(source, 'bin', 'node'), join(target, 'bin', 'node'));
    await cp(join(source, 'include'), join(target, 'include'), { recursive: true });
  });
}
