import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Instance } from '../../../extension/connection/bootstrap/instance.ts';
import { connect } from '../../../extension/connection/connect.ts';
import type { Connection, ConnectionState } from '../../../extension/connection/connection.ts';
import type { ConnectOptions } from '../../../extension/connection/connect-options.ts';
import type { SshMachine } from '../../../extension/machines/machine.ts';
import { waitFor } from '../../support/wait-for.ts';
import { buildParts, changedParts, makeAgentPlace, type AgentPlace } from './agent-place.ts';
import { scriptedPrompts, type ScriptedPrompts } from './fake-prompts.ts';
import { fails } from './open-link.ts';
import { sshdIsThere, startSshd, type Sshd } from './sshd.ts';

const run = promisify(execFile);

/** `/version` through a socket of this machine, as the docker CLI would ask. */
async function versionThrough(socketPath: string): Promise<{ ApiVersion: string }> {
  const asked = request({ socketPath, path: '/version', agent: false }).end();
  const [response] = await once(asked, 'response');
  return (await json(response)) as { ApiVersion: string };
}

async function readPort(connection: Connection, port: number): Promise<string> {
  const stream = await connection.openTcp('127.0.0.1', port);
  const all = await text(stream);
  stream.destroy();
  return all;
}

describe('connecting to a machine over SSH', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let partsDirectory: string;
  let place: AgentPlace;
  let machine: SshMachine;
  const open: Connection[] = [];

  const dial = async (
    to: SshMachine,
    prompts: ScriptedPrompts,
    more: { instance?: Instance; partsDirectory?: string } & Partial<ConnectOptions> = {},
  ): Promise<Connection> => {
    const times = { keepalive: 1000, firstRetry: 100, lastRetry: 500, open: 10_000 };
    const connection = await connect(to, prompts, {
      partsDirectory,
      instance: place.instance,
      times,
      ...more,
    });
    open.push(connection);
    return connection;
  };

  before(async function () {
    if (!sshdIsThere()) {
      console.log('      skipped: it takes root and /usr/sbin/sshd');
      this.skip();
    }
    this.timeout(300_000);
    partsDirectory = await buildParts();
    sshd = await startSshd();
    place = await makeAgentPlace();
    machine = await sshd.machine();
    await writeFile(sshd.knownHosts, await sshd.knownHostsLine());
  });

  afterEach(async () => {
    for (const connection of open.splice(0)) await connection[Symbol.asyncDispose]();
  });

  after(async () => {
    await place?.[Symbol.asyncDispose]();
    await sshd?.[Symbol.asyncDispose]();
  });

  it('brings the agent to a machine that has none, and answers on a local socket', async () => {
    const prompts = scriptedPrompts();
    const connection = await dial(machine, prompts);
    assert.equal(connection.state, 'connected');
    assert.equal((await versionThrough(connection.localSocket)).ApiVersion, '1.51');
    const { mode } = await stat(dirname(connection.localSocket));
    assert.equal(mode & 0o777, 0o700);
    assert.ok(Buffer.byteLength(connection.localSocket) <= 103);
    const steps = [...new Set(prompts.steps.map(({ step }) => step))];
    assert.deepEqual(steps, ['reach', 'probe', 'upload', 'install', 'start', 'connect']);
    const last = prompts.steps.filter(({ step }) => step === 'upload').at(-1);
    assert.ok(last?.total !== undefined && last.done === last.total && last.total > 40_000_000);
    const { stdout } = await run('ls', [place.instance.uploads ?? '']);
    assert.equal(stdout, '', 'uploads are gone once they are installed');
  });

  it('uploads and starts nothing the second time', async () => {
    const before = await place.pid();
    const prompts = scriptedPrompts();
    const started = Date.now();
    const connection = await dial(machine, prompts);
    assert.deepEqual([...new Set(prompts.steps.map(({ step }) => step))], ['reach', 'probe', 'connect']);
    assert.equal(await place.pid(), before);
    assert.ok(Date.now() - started < 3000);
    await connection[Symbol.asyncDispose]();
    assert.equal(connection.state, 'disconnected');
    await assert.rejects(stat(connection.localSocket), { code: 'ENOENT' });
    await assert.rejects(connection.openApi(), fails('not-connected', /box is not connected/));
  });

  it('reaches TCP ports of the machine', async () => {
    const server = createServer((socket) => socket.end('from the port')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const connection = await dial(machine, scriptedPrompts());
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    assert.equal(await readPort(connection, port), 'from the port');
    server.close();
    await assert.rejects(connection.openTcp('127.0.0.1', port), fails('forward-refused', /nothing answers/));
    assert.equal(connection.state, 'connected');
  });

  it('carries everything over one multiplex where sshd forwards nothing', async () => {
    await using strict = await startSshd({ config: 'AllowStreamLocalForwarding no\nAllowTcpForwarding no' });
    await writeFile(strict.knownHosts, await strict.knownHostsLine());
    const prompts = scriptedPrompts();
    const connection = await dial(await strict.machine(), prompts);
    assert.ok(!prompts.steps.some(({ step }) => step === 'start'), 'the agent that runs is found');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => versionThrough(connection.localSocket)),
    );
    assert.equal(answers.at(-1)?.ApiVersion, '1.51');
    const server = createServer((socket) => socket.end('from the port')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    assert.equal(await readPort(connection, port), 'from the port');
    server.close();
    await connection[Symbol.asyncDispose]();
  });

  it('comes back after the connection was lost, and says the truth meanwhile', async () => {
    const connection = await dial(machine, scriptedPrompts());
    const states: ConnectionState[] = [];
    connection.onStateChange((state) => states.push(state));
    await sshd.stop();
    await waitFor('the loss being noticed', () => connection.state === 'reconnecting');
    const waiting = versionThrough(connection.localSocket);
    await delay(300);
    assert.equal(connection.state, 'reconnecting');
    await sshd.start();
    assert.equal((await waiting).ApiVersion, '1.51');
    assert.equal(connection.state, 'connected');
    assert.equal(states[0], 'reconnecting');
    assert.equal(states.at(-1), 'connected');
  });

  it('starts the agent again when it died and the connection did not', async () => {
    const connection = await dial(machine, scriptedPrompts());
    const before = await place.pid();
    process.kill(before, 'SIGKILL');
    // Its last thread takes a moment to close the socket.
    const refused = (): Promise<boolean> =>
      connection.openApi().then(
        (stream) => stream.destroy() && false,
        () => true,
      );
    await waitFor('a refusal', refused);
    await waitFor(
      'a new agent',
      async () => connection.state === 'connected' && (await place.pid()) !== before,
    );
    assert.equal((await versionThrough(connection.localSocket)).ApiVersion, '1.51');
  });

  it('gives up for good when the host key has changed meanwhile', async () => {
    const connection = await dial(machine, scriptedPrompts());
    const known = await sshd.knownHostsLine();
    const other = join(sshd.directory, 'changed');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    await writeFile(sshd.knownHosts, `[127.0.0.1]:${sshd.port} ${await readFile(`${other}.pub`, 'utf8')}`);
    const reasons: (string | undefined)[] = [];
    connection.onStateChange((_state, reason) => reasons.push(reason));
    await sshd.dropConnections();
    await waitFor('the end', () => connection.state === 'disconnected');
    assert.match(reasons.at(-1) ?? '', /host key of 127\.0\.0\.1 has changed/);
    await writeFile(sshd.knownHosts, known);
  });

  it('sends only the changed part of a new version', async () => {
    const changed = await changedParts(partsDirectory, join(place.root, 'parts'));
    const before = await place.pid();
    const prompts = scriptedPrompts();
    await dial(machine, prompts, { partsDirectory: changed });
    const sent = new Set(prompts.steps.filter(({ step }) => step === 'upload').map(({ message }) => message));
    assert.deepEqual([...sent], ["uploading the agent's bundle"]);
    assert.notEqual(await place.pid(), before);
  });

  it('shows what the agent said last when it does not start', async () => {
    await using other = await makeAgentPlace({
      prefix: place.instance.prefix,
      serveArguments: ['--log-level', 'loud'],
    });
    await assert.rejects(
      dial(machine, scriptedPrompts(), { instance: other.instance }),
      fails('agent-failed', /did not start: .*log-level/),
    );
  });

  it('refuses an upload that was changed on its way', async () => {
    await using other = await makeAgentPlace();
    const uploads = other.instance.uploads ?? '';
    const manifest = JSON.parse(await readFile(join(partsDirectory, 'manifest.json'), 'utf8')) as {
      bundle: { digest: string; file: string };
    };
    await mkdir(uploads, { recursive: true });
    const file = join(uploads, `${manifest.bundle.digest}.tar.gz`);
    await cp(join(partsDirectory, manifest.bundle.file), file);
    await appendFile(file, 'more');
    await assert.rejects(
      dial(machine, scriptedPrompts(), { instance: other.instance }),
      fails('install-failed', /copy of the bundle does not have the digest/),
    );
  });
});
