import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { callTcp } from '../support/call-tcp.ts';
import { freePort } from '../support/free-port.ts';
import { run, runOk } from '../support/run.ts';
import { ensureCodeServer } from './code-server.ts';
import { cachePath } from './images/cache-dir.ts';
import { endKept, keepProcess, keptProcess } from './kept-process.ts';
import { step } from './step.ts';
import { ensureVsix } from './vsix.ts';

const workspace = cachePath('editor', 'workspace');
const userData = cachePath('editor', 'user-data');
const extensions = cachePath('editor', 'extensions');
const settings = {
  'strata.autoConnect': 'local',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

/** Opens VS Code with the extension, connected to the agent of this machine. */
export async function openEditor(): Promise<void> {
  const vsix = await step('extension', async () => {
    const value = await ensureVsix();
    return { value, said: `${value.made ? 'packed' : 'packed already'}, ${value.megabytes} MB` };
  });
  await writeWorkspace();
  if (await hasCode()) await step('editor', () => openCode(vsix.path));
  else await openCodeServer(vsix.path);
}

/** A folder whose settings connect: the user's own settings are left alone. */
async function writeWorkspace(): Promise<void> {
  await mkdir(`${workspace}/.vscode`, { recursive: true });
  await writeFile(`${workspace}/.vscode/settings.json`, `${JSON.stringify(settings, null, 2)}\n`);
  await mkdir(`${userData}/User`, { recursive: true });
  await writeFile(`${userData}/User/settings.json`, `${JSON.stringify(settings, null, 2)}\n`);
}

async function hasCode(): Promise<boolean> {
  const found = await run('code', ['--version']).catch(() => null);
  return found?.code === 0;
}

async function openCode(vsix: string): Promise<string> {
  await runOk('code', ['--install-extension', vsix, '--force'], { timeout: 120_000 });
  spawn('code', ['--new-window', '--disable-workspace-trust', workspace], { detached: true, stdio: 'ignore' })
    .on('error', () => undefined)
    .unref();
  return `VS Code opens ${workspace}`;
}

async function openCodeServer(vsix: string): Promise<void> {
  const { command, version } = await step('code-server', async () => {
    const value = await ensureCodeServer();
    return { value, said: `${value.version} ${value.fromCache ? 'from the cache' : 'built'}` };
  });
  await step('editor', async () => {
    const build = `${version} ${await installOnce(command, vsix)}`;
    const kept = await keptProcess('code-server');
    const address = kept?.build === build ? kept.note : await serve(command, build);
    return `VS Code is at ${address}?folder=${encodeURIComponent(workspace)}`;
  });
}

const common = ['--user-data-dir', userData, '--extensions-dir', extensions];

/** Installs the extension into code-server, unless this very file is already there. */
async function installOnce(command: readonly string[], vsix: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(vsix))
    .digest('hex')
    .slice(0, 16);
  const stamp = cachePath('editor', 'installed');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return digest;
  const [program = '', ...args] = command;
  await runOk(
    program,
    [...args, ...common, ...(await configFile()), '--install-extension', vsix, '--force'],
    {
      timeout: 120_000,
    },
  );
  await writeFile(stamp, digest);
  return digest;
}

async function serve(command: readonly string[], build: string): Promise<string> {
  await endKept('code-server');
  const port = await freePort();
  const address = `http://127.0.0.1:${port}/`;
  const quiet = ['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'];
  const listen = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`];
  const options = [...listen, ...quiet, ...common, ...(await configFile())];
  await keepProcess('code-server', {
    command: [...command, ...options],
    build,
    note: address,
    ready: async () => (await callTcp(`${address}healthz`)) === 200,
    timeout: 60_000,
  });
  return address;
}

/** An empty one: code-server would write one with a password into the user's home. */
async function configFile(): Promise<string[]> {
  const path = cachePath('editor', 'config.yaml');
  await writeFile(path, '');
  return ['--config', path];
}

export async function closeEditor(): Promise<string> {
  return (await endKept('code-server')) ? 'stopped' : 'was not running';
}
