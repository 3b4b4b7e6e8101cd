import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { callApi } from '../support/api-client.ts';
import { startImageRegistry } from '../support/image-registry.ts';
import { startSshd } from '../support/start-sshd.ts';
import { makeTempInstance, type TempInstance } from '../support/temp-instance.ts';
import { waitFor } from '../support/wait-for.ts';
import { startEditor } from './start-editor.ts';
import { Workbench } from './workbench.ts';

const PREFIX = '/opt/strata';

describe('the packed extension in a real editor, over SSH', function () {
  this.timeout(120_000);
  // Each step begins where the one before has ended.
  this.bail(true);
  const stack = new AsyncDisposableStack();
  let workbench: Workbench;
  let machine: TempInstance;
  let reference: string;
  let fingerprint: string;
  let log: () => string = () => '';

  before(async function () {
    this.timeout(240_000);
    await keepPrefix(stack);
    const registry = stack.use(await startImageRegistry(['demo']));
    reference = `${registry.host}/demo:latest`;
    const sshd = stack.use(await startSshd());
    fingerprint = sshd.fingerprint;
    machine = stack.use(
      await makeTempInstance((root) => ({ prefix: PREFIX, pidfile: join(root, 'run/stratad.pid') })),
    );
    const { host, port, user, identityFile, configFile } = sshd;
    const { socket, dataRoot, runRoot } = machine.instance;
    const editor = stack.use(
      await startEditor({
        'strata.machines': [{ name: 'loopback', host, port, user, identityFile, configFile }],
        'strata.agent.socket': socket,
        'strata.agent.dataRoot': dataRoot,
        'strata.agent.runRoot': runRoot,
      }),
    );
    log = editor.output;
    workbench = new Workbench(editor.page);
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`a picture of the failure: ${await workbench.picture('failure')}\n${log().slice(-2000)}`);
  });

  after(async function () {
    this.timeout(60_000);
    await stack.disposeAsync();
  });

  it('lists the machine of the settings', async () => {
    await workbench.openStrata();
    await workbench.item('Machines', 'loopback').waitFor();
    await workbench.picture('machines');
  });

  it('connects: asks to trust the host key, installs and starts the agent', async () => {
    await workbench.command('Strata: Connect to a Machine');
    await workbench.pick('loopback');
    await workbench.page.locator('.monaco-dialog-box', { hasText: fingerprint }).waitFor();
    await workbench.picture('host-key');
    await workbench.confirm('Trust', 'host key');
    await workbench.page
      .locator('.pane', { hasText: 'No containers yet' })
      .first()
      .waitFor({ timeout: 90_000 });
    await workbench.picture('connected');
  });

  it('pulls an image and shows it with its layers', async () => {
    await workbench.command('Strata: Pull Image');
    await workbench.answer('Pull an Image', reference);
    const image = workbench.item('Images', 'demo');
    await image.first().waitFor({ timeout: 60_000 });
    await workbench.picture('pulled');
  });

  it('runs it, and the container appears without a refresh', async () => {
    await workbench.command('Strata: Run Image');
    await workbench.pick('demo');
    await workbench.pick('Detached');
    await workbench.answer('(2/4)', 'first-light');
    await workbench.answer('(3/4)', '');
    await workbench.answer('(4/4)', '');
    await workbench.item('Containers', 'first-light').waitFor({ timeout: 30_000 });
    const { socket } = machine.instance;
    await waitFor('a running container', async () => {
      const list = (await callApi(socket, '/containers/json')).json() as { State: string }[];
      return list[0]?.State === 'running';
    });
    await workbench.picture('running');
  });

  it('opens the layer explorer with the layers and their instructions', async () => {
    await workbench.command('Strata: Explore Layers of Image');
    await workbench.pick('demo');
    const page = workbench.webview();
    await page.locator('.card', { hasText: '/srv/www' }).first().waitFor({ timeout: 30_000 });
    assert.equal(await page.locator('.card').count(), 5);
    await page.locator('.card', { hasText: 'sed' }).click();
    await page.locator('.line', { hasText: 'demo.conf' }).waitFor();
    await workbench.picture('layer-explorer');
  });

  it('opens the difference between a file and the one that it shadows', async () => {
    await workbench.webview().locator('.line', { hasText: 'demo.conf' }).click();
    const diff = workbench.page.locator('.monaco-diff-editor');
    await diff.waitFor();
    await diff.locator('.modified', { hasText: 'welcome' }).first().waitFor();
    await diff.locator('.original', { hasText: 'hello' }).first().waitFor();
    await workbench.picture('file-diff');
  });

  it('restarts the container', async () => {
    const { socket } = machine.instance;
    const startedAt = async () => {
      const { State } = (await callApi(socket, '/containers/first-light/json')).json() as {
        State: { StartedAt: string; Running: boolean };
      };
      return State.Running ? State.StartedAt : '';
    };
    const before = await startedAt();
    await workbench.command('Strata: Restart');
    await workbench.pick('first-light');
    await waitFor('a later start', async () => !['', before].includes(await startedAt()));
    await workbench.item('Containers', 'first-light').waitFor();
  });

  it('shows what inspect says as a document', async () => {
    await workbench.command('Strata: Inspect Container');
    await workbench.pick('first-light');
    await workbench.page.locator('.view-lines', { hasText: '"Path"' }).waitFor();
    await workbench.picture('inspect');
  });

  it('stops the container', async () => {
    await workbench.command('Strata: Stop');
    await workbench.pick('first-light');
    await workbench.item('Containers', /first-light.*exited/).waitFor({ timeout: 30_000 });
    await workbench.picture('stopped');
  });

  it('removes the container after a question', async () => {
    await workbench.command('Strata: Remove Container');
    await workbench.pick('first-light');
    await workbench.confirm('Remove', 'first-light');
    await workbench.item('Containers', 'first-light').waitFor({ state: 'detached' });
    await workbench.picture('removed');
    assert.deepEqual((await callApi(machine.instance.socket, '/containers/json?all=1')).json(), []);
  });

  it('removes the image after a question', async () => {
    await workbench.command('Strata: Remove Image');
    await workbench.pick('demo');
    await workbench.confirm('Remove', 'demo');
    await workbench.item('Images', 'demo').waitFor({ state: 'detached' });
    assert.deepEqual((await callApi(machine.instance.socket, '/images/json')).json(), []);
  });
});

/** What this test installs below /opt goes again; what an agent of this machine has there stays. */
async function keepPrefix(stack: AsyncDisposableStack): Promise<void> {
  const list = () => readdir(PREFIX).catch((): string[] => []);
  const before = await list();
  stack.defer(async () => {
    for (const name of await list()) {
      if (!before.includes(name)) await rm(join(PREFIX, name), { recursive: true, force: true });
    }
  });
}
