import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PortMapping } from '../../../backend/network/networks.ts';
import { mountsBelow } from '../../support/sweep.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startDaemon, type DaemonProcess, type Attached } from './daemon-process.ts';
import { askFrom, makeTestMachine, runIn, serveIn, type TestMachine } from './test-machine.ts';

const port = (hostPort: number, rest: Partial<PortMapping> = {}): PortMapping => ({
  protocol: 'tcp',
  containerPort: 80,
  hostAddress: '',
  hostPort,
  ...rest,
});

describe('networks', function () {
  this.timeout(20_000);
  let machine: TestMachine;
  let daemon: DaemonProcess;
  let undo: AsyncDisposableStack;

  before(async () => {
    machine = await makeTestMachine();
  });
  after(() => machine[Symbol.asyncDispose]());

  beforeEach(async () => {
    undo = new AsyncDisposableStack();
    daemon = await start('one');
  });
  afterEach(async () => {
    await undo[Symbol.asyncDispose]();
    assert.deepEqual(await leftovers(), []);
  });

  /** A daemon of this test: what it attached and did not detach is taken away by the next one of its data root. */
  async function start(name: string): Promise<DaemonProcess> {
    const directory = join(machine.directory, name);
    const started = await startDaemon(machine.host, directory);
    undo.defer(async () => {
      await started.kill();
      const cleaner = await startDaemon(machine.host, directory);
      await cleaner.recover([]);
      await cleaner.close();
      await cleaner.kill();
    });
    return started;
  }
  async function leftovers(): Promise<string[]> {
    const links = await runIn(machine.host, 'ip', '-o', 'link');
    const tables = await runIn(machine.host, 'nft', 'list', 'tables');
    const found = [...links.split('\n'), ...tables.split('\n')].filter((line) => /strata|: st/.test(line));
    return [...found, ...(await mountsBelow(machine.directory))];
  }
  async function serve(endpoint: Attached, name: string, containerPort = 80): Promise<void> {
    const server = await serveIn(endpoint.netnsPath ?? '', name, containerPort);
    undo.defer(() => server[Symbol.asyncDispose]());
  }
  const namespaceOf = (endpoint: Attached): string => endpoint.netnsPath ?? '';

  it('connects containers with the host, with one another and with the world', async () => {
    const [a, b] = await Promise.all([daemon.attach('a'), daemon.attach('b')]);
    assert.equal(a.gateway, '172.17.0.1');
    assert.notEqual(a.address, b.address);
    await serve(a, 'a');
    const world = await serveIn(machine.outside, 'world', 9000);
    undo.defer(() => world[Symbol.asyncDispose]());
    const host = await serveIn(machine.host, 'host', 9001);
    undo.defer(() => host[Symbol.asyncDispose]());
    assert.equal(await askFrom(machine.host, 'tcp', a.address ?? '', 80), `a:${a.gateway}:hello`);
    assert.equal(await askFrom(namespaceOf(b), 'tcp', a.address ?? '', 80), `a:${b.address}:hello`);
    assert.equal(await askFrom(namespaceOf(a), 'tcp', a.gateway ?? '', 9001), `host:${a.address}:hello`);
    // The world sees the host's address: the container's own means nothing there.
    const seen = await askFrom(namespaceOf(a), 'tcp', machine.outsideAddress, 9000);
    assert.equal(seen, `world:${machine.hostAddress}:hello`);
  });

  for (const protocol of ['tcp', 'udp'] as const) {
    it(`answers on a published ${protocol} port, from wherever it is asked`, async () => {
      const web = await daemon.attach('web', [port(8080, { protocol })]);
      const other = await daemon.attach('other');
      await serve(web, 'web');
      const asked = {
        loopback: await askFrom(machine.host, protocol, '127.0.0.1', 8080),
        loopback6: await askFrom(machine.host, protocol, '::1', 8080),
        hostItself: await askFrom(machine.host, protocol, machine.hostAddress, 8080),
        outside: await askFrom(machine.outside, protocol, machine.hostAddress, 8080),
        otherContainer: await askFrom(namespaceOf(other), protocol, machine.hostAddress, 8080),
        itself: await askFrom(namespaceOf(web), protocol, machine.hostAddress, 8080),
      };
      assert.deepEqual(asked, {
        loopback: `web:${web.gateway}:hello`,
        loopback6: `web:${web.gateway}:hello`,
        hostItself: `web:${machine.hostAddress}:hello`,
        // The rule's way keeps the client's address; the listener's would show the gateway.
        outside: `web:${machine.outsideAddress}:hello`,
        otherContainer: `web:${web.gateway}:hello`,
        itself: `web:${web.gateway}:hello`,
      });
    });
  }

  it('keeps what is not published, or only on loopback, from the outside', async () => {
    const web = await daemon.attach('web', [port(8080), port(8081, { hostAddress: '127.0.0.1' })]);
    await serve(web, 'web');
    await serve(web, 'hidden', 81);
    const direct = web.address ?? '';
    assert.deepEqual(
      await Promise.all([
        askFrom(machine.outside, 'tcp', direct, 80, 700),
        askFrom(machine.outside, 'tcp', direct, 81, 700),
        askFrom(machine.outside, 'udp', direct, 81, 700),
        askFrom(machine.outside, 'tcp', machine.hostAddress, 8081, 700),
        askFrom(machine.outside, 'tcp', machine.hostAddress, 81, 700),
      ]),
      [null, null, null, null, null],
    );
    assert.equal(await askFrom(machine.host, 'tcp', '127.0.0.1', 8081), `web:${web.gateway}:hello`);
  });

  it('finds a free port for both families where none is asked for', async () => {
    const { ports } = await daemon.attach('web', [
      port(0),
      port(0, { protocol: 'udp', hostAddress: '127.0.0.1' }),
    ]);
    assert.deepEqual(
      ports.map(({ protocol, hostAddress }) => `${protocol} ${hostAddress}`),
      ['tcp 0.0.0.0', 'tcp ::', 'udp 127.0.0.1'],
    );
    assert.equal(ports[0]?.hostPort, ports[1]?.hostPort);
    assert.ok((ports[0]?.hostPort ?? 0) >= 32_768);
  });

  it('names who holds a taken port and leaves nothing behind', async () => {
    const server = await serveIn(machine.host, 'squatter', 8080);
    undo.defer(() => server[Symbol.asyncDispose]());
    const first = await daemon.attach('first', [port(8082)]);
    await assert.rejects(
      daemon.attach('web', [port(8081), port(8080)]),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'conflict');
        assert.match(
          error.message,
          /Bind for 0\.0\.0\.0:8080 failed: port is already allocated \(held by .*\(pid \d+\)\)/,
        );
        return true;
      },
    );
    await assert.rejects(daemon.attach('web', [port(8082)]), /held by container first/);
    await daemon.detach(first);
    assert.deepEqual(await readdir(join(machine.directory, 'one/run/netns')), []);
    assert.deepEqual(await readdir(join(machine.directory, 'one/run/netns')), []);
    await daemon.detach(await daemon.attach('web', [port(8081)]));
  });

  it('takes everything away again, twice without harm', async () => {
    const web = await daemon.attach('web', [port(8080)]);
    await serve(web, 'web');
    assert.notEqual(await askFrom(machine.host, 'tcp', '127.0.0.1', 8080), null);
    await daemon.detach(web);
    await daemon.detach(web);
    assert.equal(await askFrom(machine.host, 'tcp', '127.0.0.1', 8080), null);
    assert.equal(existsSync(namespaceOf(web)), false);
    // The server still runs in the namespace: its veth pair has to be reclaimed all the same.
    await waitFor(
      'reclaiming',
      async () => !/: st[0-9a-f]{13}@/.test(await runIn(machine.host, 'ip', '-o', 'link')),
    );
    await daemon.close();
    assert.deepEqual(await leftovers(), []);
  });

  it('lets two daemons live side by side', async () => {
    const second = await start('two');
    const [a, b] = await Promise.all([daemon.attach('a', [port(8080)]), second.attach('b', [port(8081)])]);
    assert.notEqual(a.gateway, b.gateway);
    await serve(a, 'a');
    await serve(b, 'b');
    await second.detach(await second.attach('c', [port(8083)]));
    for (const [address, hostPort, name] of [
      [machine.hostAddress, 8080, 'a'],
      [machine.hostAddress, 8081, 'b'],
    ] as const) {
      const seen = await askFrom(machine.outside, 'tcp', address, hostPort);
      assert.equal(seen, `${name}:${machine.outsideAddress}:hello`);
    }
    assert.equal(await askFrom(namespaceOf(b), 'tcp', a.address ?? '', 80, 700), null);
  });

  it('comes back after kill -9: listeners again, the ownerless gone, addresses kept', async () => {
    const [web, lost] = [await daemon.attach('web', [port(8080)]), await daemon.attach('lost', [port(8081)])];
    await serve(web, 'web');
    const viaRule = `web:${machine.outsideAddress}:hello`;
    await daemon.kill();
    assert.equal(await askFrom(machine.outside, 'tcp', machine.hostAddress, 8080), viaRule);
    const again = await start('one');
    await again.recover([web]);
    assert.equal(await askFrom(machine.outside, 'tcp', machine.hostAddress, 8080), viaRule);
    assert.equal(await askFrom(machine.host, 'tcp', '::1', 8080), `web:${web.gateway}:hello`);
    assert.equal(existsSync(namespaceOf(lost)), false);
    assert.doesNotMatch(await runIn(machine.host, 'nft', 'list', 'ruleset'), /8081/);
    assert.notEqual((await again.attach('next')).address, web.address);
  });

  it('heals a deleted bridge and flushed rules', async () => {
    const web = await daemon.attach('web', [port(8080)]);
    await serve(web, 'web');
    const [{ bridge } = { bridge: null }] = await daemon.list();
    await runIn(machine.host, 'ip', 'link', 'delete', bridge ?? '');
    await runIn(machine.host, 'nft', 'flush', 'ruleset');
    await daemon.attach('next');
    const seen = await askFrom(machine.outside, 'tcp', machine.hostAddress, 8080);
    assert.equal(seen, `web:${machine.outsideAddress}:hello`);
  });

  it('chooses another name and subnet where the usual ones are taken', async () => {
    await runIn(machine.host, 'ip', 'link', 'add', 'strata0', 'type', 'bridge');
    await runIn(machine.host, 'ip', 'route', 'add', '172.16.0.0/12', 'via', machine.outsideAddress);
    try {
      const web = await daemon.attach('web');
      assert.equal(web.gateway, '192.168.0.1');
      const [{ bridge } = { bridge: null }] = await daemon.list();
      assert.match(bridge ?? '', /^strata-[0-9a-f]{8}$/);
    } finally {
      await runIn(machine.host, 'ip', 'route', 'delete', '172.16.0.0/12');
      await runIn(machine.host, 'ip', 'link', 'delete', 'strata0');
    }
  });

  it('gives `none` a loopback and nothing else, and `host` no namespace', async () => {
    const none = await daemon.attach('none', [], 'none');
    const links = await runIn(namespaceOf(none), 'ip', '-br', 'link');
    assert.match(links, /^lo\s+UNKNOWN/m);
    assert.doesNotMatch(links, /eth0/);
    const host = await daemon.attach('host', [], 'host');
    assert.deepEqual([host.netnsPath, host.address, host.networkName], [null, null, 'host']);
    await daemon.detach(none);
    await daemon.detach(host);
  });

  it('attaches and detaches twenty at once', async () => {
    const endpoints = await Promise.all(
      Array.from({ length: 20 }, (_, index) => daemon.attach(`c${index}`, index % 4 === 0 ? [port(0)] : [])),
    );
    assert.equal(new Set(endpoints.map(({ address }) => address)).size, 20);
    await Promise.all(endpoints.map((endpoint) => daemon.detach(endpoint)));
    assert.deepEqual(await mountsBelow(machine.directory), []);
  });
});
