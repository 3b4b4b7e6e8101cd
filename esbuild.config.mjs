// Builds what is shipped: the extension (CommonJS), the agent with its workers (ESM) and the webviews' scripts.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const common = { absWorkingDir: root, bundle: true, minify: false, sourcemap: 'linked', logLevel: 'warning' };

/**
 * Modules that the agent starts in threads of their own are named `*-worker.ts`: each becomes a file
 * beside the bundle, and `new URL('./x-worker.ts', import.meta.url)` is rewritten to name it.
 */
const workers = globSync('backend/**/*-worker.ts', { cwd: root });
const workerUrl = /(new URL\(\s*['"])\.{1,2}\/(?:[^'"]*\/)?([^'"/]+-worker)\.ts(['"],\s*import\.meta\.url)/g;

const rewriteWorkerUrls = {
  name: 'worker-urls',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]backend[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(workerUrl, '$1./$2.mjs$3'),
      loader: 'ts',
    }));
  },
};

/**
 * koffi looks for its native file in `node_modules`. On a machine that has only the agent the file lies
 * beside the bundle (a development build) or beside the Node that runs it (an installed runtime part).
 */
const koffiBesideBundle = {
  name: 'koffi-beside-bundle',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /src\/static\.js$/ }, ({ importer }) =>
      importer.includes('koffi') ? { path: 'koffi-static', namespace: 'strata' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'strata' }, () => ({
      contents: `
        import { existsSync } from 'node:fs';
        import { dirname, join } from 'node:path';
        const places = [import.meta.dirname, dirname(process.execPath)];
        export function loadStatic(platform) {
          const files = places.map((place) => join(place, \`koffi-\${platform}.node\`));
          const file = files.find((file) => existsSync(file));
          return file === undefined ? null : require(file);
        }`,
      loader: 'js',
    }));
  },
};

async function buildExtension() {
  if (!existsSync(join(root, 'extension/extension.ts'))) return skipped('extension/extension.ts');
  await build({
    ...common,
    entryPoints: ['extension/extension.ts'],
    outfile: 'dist/extension.cjs',
    platform: 'node',
    format: 'cjs',
    // VS Code 1.96 runs extensions on Node 20: `await using` is rewritten for it.
    target: 'node20',
    // ssh2 goes on without its two native helpers where they cannot be loaded.
    external: ['vscode', 'cpu-features', '*/sshcrypto.node'],
  });
}

async function buildAgent() {
  if (!existsSync(join(root, 'backend/main.ts'))) return skipped('backend/main.ts');
  const entries = [{ in: 'backend/main.ts', out: 'stratad' }];
  for (const file of workers) entries.push({ in: file, out: basename(file, '.ts') });
  await build({
    ...common,
    entryPoints: entries,
    outdir: 'dist/agent',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // CommonJS packages inside an ES module still call `require`, and pino asks where it lies.
    banner: {
      js: [
        "import { createRequire as strataCreateRequire } from 'node:module';",
        'const require = strataCreateRequire(import.meta.url);',
        'const __filename = import.meta.filename;',
        'const __dirname = import.meta.dirname;',
      ].join('\n'),
    },
    plugins: [rewriteWorkerUrls, koffiBesideBundle],
  });
  await copyKoffi();
}

/** For a development build the native file of this machine is enough; packaging adds the other ones. */
async function copyKoffi() {
  const native = join(
    root,
    `node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`,
  );
  if (!existsSync(native)) return;
  const copy = join(dist, `agent/koffi-linux-${process.arch}.node`);
  // A daemon that runs from here has the old file mapped: overwritten in place, it would crash.
  await rm(copy, { force: true });
  await copyFile(native, copy);
}

async function buildWebviews() {
  const entryPoints = globSync('media/**/main.ts', { cwd: root });
  if (entryPoints.length === 0) return;
  await build({
    ...common,
    entryPoints,
    outbase: 'media',
    outdir: 'dist/media',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
  });
}

function skipped(entry) {
  console.log(`esbuild: ${entry} is not there, so its bundle is not built`);
}

await mkdir(join(dist, 'agent'), { recursive: true });
// A worker that was renamed must not stay beside the new one.
for (const old of globSync('agent/*.mjs*', { cwd: dist })) await rm(join(dist, old));
await Promise.all([buildExtension(), buildAgent(), buildWebviews()]);
if (process.argv.includes('--package')) {
  execFileSync(join(root, 'node_modules/.bin/node'), [join(root, 'backend/package/pack-agent.ts')], {
    stdio: 'inherit',
  });
}
