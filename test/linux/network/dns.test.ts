import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NameServers } from '../../../backend/network/dns/name-servers.ts';
import type { ResolverContext } from '../../../backend/network/dns/respond.ts';
import { startResolver } from '../../../backend/network/dns/start-resolver.ts';
import { KernelThread } from '../../../backend/network/kernel/kernel-thread.ts';
import type { LiveSandbox } from '../../../backend/network/sandboxes.ts';
import { contextOf, memberOf, sandboxOf } from '../../backend/network/dns/container-sandbox.ts';
import {
  answerTo,
  startNameServer,
  type FakeNameServer,
} from '../../backend/network/dns/fake-name-server.ts';
import { run, runOk } from '../../support/run.ts';
import { sweep } from '../../support/sweep.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const web = memberOf({ network: 'front', names: ['web', 'www'], address: '10.0.0.2', address6: 'fd00::2' });
const db = memberOf({ network: 'front', names: ['db', 'www'], address: '10.0.0.3' });
const crowd = Array.from({ length: 200 }, (_, index) =>
  memberOf({ network: 'front', names: ['crowd'], address: `10.0.1.${index}` }),
);
/** What programs with another resolver than the C library's see: c-ares, as Node has it. */
const ASK = `
  const { Resolver } = require('node:dns/promises');
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers(['127.0.0.11']);
  const [verb, name] = process.argv.slice(1);
  resolver[verb](name).then((found) => console.log(found.sort().join(' ')), (error) => console.log(error.code));`;
/** Sends all of its questions before it reads an answer. */
const FLOOD = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
  const question = Buffer.from('0000010000010000000000000377656200000100' + '01', 'hex');
  let answers = 0;
  socket.on('message', () => (answers += 1));
  socket.connect(53, '127.0.0.11', () => {
    for (let id = 0; id < 3000; id += 1) {
      question.writeUInt16BE(id);
      socket.send(Buffer.from(question), () => undefined);
    }
    setTimeout(() => (console.log(answers), socket.close()), 1500);
  });`;

describe('the resolver in a network namespace', function () {
  this.timeout(20_000);
  let undo: AsyncDisposableStack;
  let directory: string;
  let namespace: string;
  let live: LiveSandbox;
  let context: ResolverContext;
  let upstream: FakeNameServer;

  before(async () => {
    undo = new AsyncDisposableStack();
    const temp = undo.use(await makeTempDir('strata-dns-'));
    undo.defer(async () => void (await sweep(temp.path, [])));
    directory = temp.path;
    namespace = join(directory, randomBytes(4).toString('hex'));
    const kernel = undo.use(new KernelThread());
    undo.defer(() => kernel.call('removeNamespace', namespace));
    await kernel.call('makeNamespace', { path: namespace, source: null });
    const sockets = await kernel.call('setUp', {
      namespace,
      plugs: [],
      routes: { v4: null, v6: null },
      resolverPort: 0,
    });
    assert.ok(sockets);
    upstream = undo.use(
      await startNameServer((asked) =>
        asked.question.questions?.[0]?.name === 'far.test'
          ? answerTo(asked, asked.question.questions[0].type === 'A' ? ['192.0.2.1'] : [])
          : answerTo(asked, [], { rcode: 3 }),
      ),
    );
    context = contextOf([web, db, ...crowd], new NameServers({ port: upstream.port }));
    live = sandboxOf([web], {
      netnsPath: namespace,
      extraHosts: ['host.docker.internal:172.17.0.1'],
      dns: { servers: [upstream.address], search: [], options: [] },
    });
    startResolver(context, live, sockets);
    undo.defer(() => live.resolver?.close());
    await writeFile(join(directory, 'resolv.conf'), 'nameserver 127.0.0.11\noptions ndots:0\n');
  });
  after(() => undo[Symbol.asyncDispose]());

  const inside = (...command: string[]): Promise<string> =>
    runOk('nsenter', [`--net=${namespace}`, ...command], { timeout: 10_000 });
  const ask = async (verb: string, name: string): Promise<string> =>
    (await inside(process.execPath, '-e', ASK, verb, name)).trim();
  /** With the namespace's own resolv.conf, as a container has it. */
  const asContainer = (...command: string[]) =>
    run('unshare', [
      '--mount',
      'sh',
      '-c',
      'mount --bind "$0" /etc/resolv.conf && exec "$@"',
      join(directory, 'resolv.conf'),
      'nsenter',
      `--net=${namespace}`,
      ...command,
    ]);

  it('answers at port 53 of 127.0.0.11, where nobody listens', async () => {
    assert.equal(await ask('resolve4', 'web'), '10.0.0.2');
    assert.equal(await ask('resolve6', 'web'), 'fd00::2');
    assert.equal(await ask('resolve6', 'db'), 'ENODATA');
    assert.equal(await ask('resolve4', 'www'), '10.0.0.2 10.0.0.3');
    assert.equal(await ask('resolve4', 'db.front'), '10.0.0.3');
    assert.equal(await ask('reverse', '10.0.0.3'), 'db.front');
    assert.equal(await ask('reverse', 'fd00::2'), 'web.front');
    assert.equal(await ask('resolve4', 'host.docker.internal'), '172.17.0.1');
    const listening = await inside('sh', '-c', 'cat /proc/net/udp /proc/net/tcp');
    assert.equal(/ 0B00007F:0035 /.test(listening), false, listening);
  });

  it('gives by TCP what is too much for a datagram', async () => {
    const found = await ask('resolve4', 'crowd');
    assert.equal(found.split(' ').length, 200);
  });

  it('asks the name servers of the host for everything else, from the host', async () => {
    assert.equal(await ask('resolve4', 'far.test'), '192.0.2.1');
    assert.equal(await ask('resolve4', 'nowhere.test'), 'ENOTFOUND');
  });

  it('is what the C library asks', async () => {
    const { stdout } = await asContainer('getent', 'ahosts', 'web');
    assert.deepEqual(new Set(stdout.match(/^\S+/gm)), new Set(['fd00::2', '10.0.0.2']));
    assert.match((await asContainer('getent', 'hosts', '10.0.0.3')).stdout, /^10\.0\.0\.3\s+db\.front$/m);
    assert.match((await asContainer('getent', 'ahosts', 'far.test')).stdout, /^192\.0\.2\.1/m);
    assert.equal((await asContainer('getent', 'hosts', 'nowhere.test')).code, 2);
  });

  it('is what busybox asks', async () => {
    const { stdout } = await asContainer('busybox', 'nslookup', 'db.');
    assert.match(stdout, /Address:\s+10\.0\.0\.3/);
  });

  it('forgets a name with its container', async () => {
    context.names.remove(db.endpoint.endpointId);
    try {
      assert.equal(await ask('resolve4', 'db'), 'ENOTFOUND');
      assert.equal(await ask('resolve4', 'www'), '10.0.0.2');
    } finally {
      context.names.put('front', db.endpoint);
    }
  });

  it('loses none of 3,000 questions that come while the daemon is busy', async () => {
    const child = spawn('nsenter', [`--net=${namespace}`, process.execPath, '-e', FLOOD], {
      timeout: 10_000,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise((resolve) => child.once('close', resolve));
    // Most of what the process sends comes while this thread does nothing else for a while.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    await ended;
    assert.equal(output.trim(), '3000');
  });
});
