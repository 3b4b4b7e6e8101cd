// The first step of every command, in plain JavaScript: it runs on Node 20 with nothing installed,
// brings the npm packages and Node 24 here, and hands over to TypeScript.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const stamp = join(root, 'node_modules', '.strata-lock');
const node = join(root, 'node_modules', '.bin', 'node');
const commands = {
  start: 'test/setup/start.ts',
  test: 'test/setup/test.ts',
  lint: 'test/setup/lint.ts',
  package: 'test/setup/package.ts',
  bench: 'test/bench/bench.ts',
  stratad: 'backend/main.ts',
};
const [command = 'start', ...args] = process.argv.slice(2);

checkOwnNode();
installPackages();
checkNode24();
handOver();

function checkOwnNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20)
    stop(`Node ${process.versions.node} is too old`, 'install Node 20 or newer, then run this again');
  if (process.platform !== 'linux') {
    stop(
      `the engine runs on Linux, and this is ${process.platform}`,
      'run this inside a Linux VM or a WSL distro; from here, install the extension and connect to it over SSH',
    );
  }
}

/** The packages of the lock file, where node_modules is missing or belongs to another one. */
function installPackages() {
  const started = Date.now();
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(node) && installedLock() === lock) return;
  if (isFresh()) {
    writeFileSync(stamp, lock);
    return;
  }
  // A lock file that was written beside a registry without the packages of other platforms lacks their
  // entries, and `npm ci` refuses it; `npm install` takes the same versions from it.
  if (npm(['ci'], 'ignore') !== 0 && npm(['install', '--no-save'], 'inherit') !== 0) {
    stop('npm install failed', 'look at the lines above; the npm registry must be reachable');
  }
  writeFileSync(stamp, lock);
  console.log(`✓ npm packages: installed (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

function npm(args, errors) {
  const { status, error } = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', errors],
  });
  if (error) stop(`npm cannot be started: ${error.message}`, 'install npm, then run this again');
  return status;
}

function installedLock() {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return '';
  }
}

/** Somebody has run `npm install` or `npm ci` by hand since the lock file changed. */
function isFresh() {
  const done = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(node) || !existsSync(done)) return false;
  return statSync(done).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function checkNode24() {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (status === 0 && Number(stdout.slice(1).split('.')[0]) >= 24) return;
  stop(
    `the npm package "node" brought no Node 24 for ${process.arch}`,
    'run "npm install" with install scripts allowed (npm config get ignore-scripts), then run this again',
  );
}

/** Signals go to the command, whose clean-up decides when this process ends. */
function handOver() {
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`;
  const child = spawn(node, [join(root, commands[command] ?? command), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // The terminal has already sent Ctrl-C to the whole group.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('error', (error) => stop(`cannot start ${node}: ${error.message}`, 'run "npm install"'));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

function stop(what, next) {
  console.error(`✗ ${what}`);
  console.error(`  next: ${next}`);
  process.exit(1);
}
