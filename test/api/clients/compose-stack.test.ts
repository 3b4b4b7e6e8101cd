import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { fetchText } from '../../support/call-tcp.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Client } from './cli/client.ts';
import { composeClient, makeProject, type Project } from './compose/project.ts';
import { useEngine } from './use-engine.ts';

const ROOT = join(import.meta.dirname, '../../..');
const stackFile = (name: string): Promise<string> =>
  readFile(join(import.meta.dirname, 'compose/stack', name), 'utf8');

describe('a stack of nginx, a node application and PostgreSQL, run by docker compose', function () {
  this.timeout(120_000);
  const engine = useEngine(['nginx', 'node', 'postgres']);
  let client: Client;
  let stack: Project;
  let port: number;

  before(async () => {
    client = await composeClient(engine);
    port = await freePort();
    stack = await makeProject(client, 'stack', await stackFile('compose.yaml'));
    await stack.write('nginx.conf', await stackFile('nginx.conf'));
    await stack.write('app.mjs', await stackFile('app.mjs'));
    await stack.write('password', 'correct horse battery staple\n');
    await settings('stack');
  });
  const settings = (title: string): Promise<void> =>
    stack.write('.env', `PORT=${port}\nTITLE=${title}\nNODE_MODULES=${join(ROOT, 'node_modules')}\n`);

  /** The number that the page shows; whoever asks while nginx or the application starts asks again. */
  async function visits(host = '127.0.0.1'): Promise<number> {
    const page = await waitFor('the page', async () => {
      const text = await fetchText(`http://${host}:${port}/`).catch(() => '');
      return text.includes(': visit ') ? text : undefined;
    });
    return Number(page.replace(/^.*: visit /, ''));
  }

  it('serves its page, and keeps its data through restart, down and up', async () => {
    await stack.ok('up', '-d', '--wait', '--quiet-pull');
    const first = await visits();
    assert.ok((await visits('[::1]')) > first, 'the page is there by IPv6 too');
    const database = await stack.id('database');

    await stack.ok('restart');
    const afterRestart = await visits();
    assert.ok(afterRestart > first);
    assert.equal(await stack.id('database'), database);

    await stack.ok('down');
    assert.equal(await client.ok('ps', '-aq'), '');
    await settings('changed');
    await stack.ok('up', '-d', '--wait', '--quiet-pull');
    const afterDown = await visits();
    assert.ok(afterDown > afterRestart);
    assert.match(await fetchText(`http://127.0.0.1:${port}/`), /^changed: visit/);

    const query = ['exec', '-T', 'database', 'psql', '-U', 'postgres', '-tAc', 'SELECT count(*) FROM visits'];
    const login = ['exec', '-T', '-e', 'PGPASSWORD=correct horse battery staple', ...query.slice(2)];
    assert.ok(Number(await stack.ok(...login)) >= afterDown);
    // nginx is in the front network alone: nothing leads from it to the database.
    const reach = await stack.compose('exec', '-T', 'web', 'getent', 'hosts', 'database');
    assert.notEqual(reach.code, 0);
    await stack.ok('down', '-v');
  });
});
