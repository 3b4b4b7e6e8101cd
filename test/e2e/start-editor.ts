import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { ensureCodeServer } from '../setup/code-server.ts';
import { ensureVsix } from '../setup/vsix.ts';
import { callTcp } from '../support/call-tcp.ts';
import { freePort } from '../support/free-port.ts';
import { runOk } from '../support/run.ts';
import { startProcess } from '../support/start-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';

export interface Editor extends AsyncDisposable {
  readonly page: Page;
  readonly address: string;
  output(): string;
}

/** A real VS Code (code-server) with the packed extension installed in it, open in a real Chromium. */
export async function startEditor(settings: Record<string, unknown>): Promise<Editor> {
  const stack = new AsyncDisposableStack();
  try {
    const dir = stack.use(await makeTempDir('strata-e2e-'));
    const paths = await writeFiles(dir.path, settings);
    const { command } = await ensureCodeServer();
    const [program = '', ...entry] = command;
    const { path: vsix } = await ensureVsix();
    await runOk(program, [...entry, ...paths.options, '--install-extension', vsix], { timeout: 120_000 });
    const port = await freePort();
    const address = `http://127.0.0.1:${port}/?folder=${encodeURIComponent(paths.workspace)}`;
    const listen = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`];
    const quiet = ['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'];
    const server = stack.use(
      await startProcess(program, [...entry, ...paths.options, ...listen, ...quiet], {
        ready: async () => (await callTcp(`http://127.0.0.1:${port}/healthz`)) === 200,
        // The market place is not asked: tests speak with this machine only.
        env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl": ""}' },
        timeout: 60_000,
      }),
    );
    const page = await openPage(stack, address);
    return {
      page,
      address,
      output: () => server.output(),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function writeFiles(root: string, settings: Record<string, unknown>) {
  const userData = join(root, 'user-data');
  const workspace = join(root, 'workspace');
  await mkdir(join(userData, 'User'), { recursive: true });
  await mkdir(workspace);
  const all = {
    'workbench.startupEditor': 'none',
    'workbench.colorTheme': 'Default Dark Modern',
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'extensions.ignoreRecommendations': true,
    'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false,
    'chat.disableAIFeatures': true,
    ...settings,
  };
  await writeFile(join(userData, 'User', 'settings.json'), JSON.stringify(all, null, 2));
  await writeFile(join(workspace, 'README.md'), 'A workspace of the tests.\n');
  // Without a file of its own code-server would write one with a password into the user's home.
  const config = join(root, 'config.yaml');
  await writeFile(config, '');
  const options = [
    '--config',
    config,
    '--user-data-dir',
    userData,
    '--extensions-dir',
    join(root, 'extensions'),
  ];
  return { workspace, options };
}

async function openPage(stack: AsyncDisposableStack, address: string): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  stack.defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address, { timeout: 60_000 });
  await page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 60_000 });
  return page;
}
