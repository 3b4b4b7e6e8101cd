import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import { startDaemon, type Daemon } from '../support/start-daemon.ts';
import { waitFor } from '../support/wait-for.ts';
import { startEditor } from './start-editor.ts';
import { Workbench } from './workbench.ts';

describe('volumes in a real editor', function () {
  this.timeout(120_000);
  // Each step begins where the one before has ended.
  this.bail(true);
  const stack = new AsyncDisposableStack();
  let workbench: Workbench;
  let daemon: Daemon;
  const volume = (path: string, call?: Parameters<Daemon['call']>[1]) =>
    daemon.call(`/strata/v1/volumes/notes/${path}`, call);

  before(async function () {
    this.timeout(240_000);
    daemon = stack.use(await startDaemon());
    const editor = stack.use(
      await startEditor({ 'strata.autoConnect': 'local', 'strata.agent.socket': daemon.socket }),
    );
    workbench = new Workbench(editor.page);
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`a picture of the failure: ${await workbench.picture('volumes-failure')}`);
  });

  after(async function () {
    this.timeout(60_000);
    await stack.disposeAsync();
  });

  it('creates one, and refuses a name that Docker would refuse', async () => {
    await workbench.openStrata();
    await workbench.page.locator('.pane', { hasText: 'No volumes yet' }).first().waitFor({ timeout: 60_000 });
    await workbench.command('Strata: Create Volume');
    await workbench.answer('Create a Volume', 'a/b');
    await workbench.page.locator('.quick-input-message', { hasText: 'A name begins with' }).waitFor();
    await workbench.answer('Create a Volume', 'notes');
    await workbench.item('Volumes', /notes.*unused/).waitFor();
  });

  it('shows the files in it as a tree, and saves what is changed in one', async () => {
    assert.equal((await volume('directories?path=/sub', { method: 'POST' })).status, 201);
    const made = await volume('file?path=/sub/todo.txt&mode=640&uid=7', { method: 'PUT', body: 'milk\n' });
    assert.equal(made.status, 200);
    await workbench.item('Volumes', 'notes').click();
    await workbench.item('Volumes', 'sub').click();
    await workbench.item('Volumes', 'todo.txt').click();
    const editor = workbench.page.locator('.editor-instance .view-lines', { hasText: 'milk' });
    await editor.waitFor();
    await editor.click();
    await workbench.page.keyboard.press('Control+Home');
    await workbench.page.keyboard.type('bread and ');
    await workbench.page.keyboard.press('Control+s');
    await waitFor('the new content', async () => {
      return (await volume('file?path=/sub/todo.txt')).text === 'bread and milk\n';
    });
    const { file } = (await volume('stat?path=/sub/todo.txt')).json() as { file: Record<string, unknown> };
    assert.deepEqual([file['mode'], file['uid']], [0o640, 7]);
    await workbench.item('Volumes', /todo\.txt.*15 B/).waitFor();
    // As a container would: the editor is not told.
    await volume('file?path=/sub/done.txt', { method: 'PUT', body: 'x' });
    await workbench.command('Strata: Refresh Volumes');
    await workbench.item('Volumes', 'done.txt').waitFor();
    await workbench.picture('volume-files');
  });

  it('clones it with its files', async () => {
    await workbench.command('Strata: Clone Volume');
    await workbench.pick('notes');
    await workbench.answer('Clone notes');
    await workbench.item('Volumes', 'notes-copy').waitFor();
    const copy = await daemon.call('/strata/v1/volumes/notes-copy/file?path=/sub/todo.txt');
    assert.equal(copy.text, 'bread and milk\n');
  });

  it('removes it after a question, and all others that nobody uses', async () => {
    await workbench.command('Strata: Remove Volume');
    await workbench.pick('notes-copy');
    await workbench.confirm('Remove', 'notes-copy');
    await workbench.item('Volumes', 'notes-copy').waitFor({ state: 'detached' });
    await workbench.command('Strata: Remove Unused Volumes');
    await workbench.confirm('All Unused', 'Remove unused volumes');
    await workbench.item('Volumes', 'notes').waitFor({ state: 'detached' });
    assert.deepEqual((await daemon.call('/strata/v1/volumes')).json(), { volumes: [] });
    await workbench.picture('volumes-removed');
  });
});
