import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mountsBelow } from '../../support/sweep.ts';
import { waitFor } from '../../support/wait-for.ts';
import { inside, port, useNetworks } from './network-fixture.ts';
import { runIn } from './test-machine.ts';

describe('networks', function () {
  this.timeout(20_000);
  const fixture = useNetworks();

  it('connects containers with the host, with one another and with the world', async () => {
    const { machine, daemon, visitors } = fixture;
    const [a, b] = await Promise.all([daemon.join('a'), daemon.join('b')]);
    assert.equal(a.gateway, '172.17.0.1');
    assert.notEqual(a.address, b.address);
    await visitors.serve(inside(a), 'a', 80);
    await visitors.serve(machine.outside, 'world', 9000);
    await visitors.serve(machine.host, 'host', 9001);
    assert.equal(await visitors.ask(machine.host, 'tcp', a.address ?? '', 80), `a:${a.gateway}:hello`);
    assert.equal(await visitors.ask(inside(b), 'tcp', a.address ?? '', 80), `a:${b.address}:hello`);
    assert.equal(await visitors.ask(inside(a), 'tcp', a.gateway ?? '', 9001), `host:${a.address}:hello`);
    // The world sees the host's address: the container's own means nothing there.
    const seen = await visitors.ask(inside(a), 'tcp', machine.outsideAddress, 9000);
    assert.equal(seen, `world:${machine.hostAddress}:hello`);
  });

  for (const protocol of ['tcp', 'udp'] as const) {
    it(`answers on a published ${protocol} port, from wherever it is asked`, async () => {
      const { machine, daemon, visitors } = fixture;
      const web = await daemon.join('web', [port(8080, { protocol })]);
      const other = await daemon.join('other');
      await visitors.serve(inside(web), 'web', 80);
      const asked = {
        loopback: await visitors.ask(machine.host, protocol, '127.0.0.1', 8080),
        loopback6: await visitors.ask(machine.host, protocol, '::1', 8080),
        hostItself: await visitors.ask(machine.host, protocol, machine.hostAddress, 8080),
        outside: await visitors.ask(machine.outside, protocol, machine.hostAddress, 8080),
        otherContainer: await visitors.ask(inside(other), protocol, machine.hostAddress, 8080),
        itself: await visitors.ask(inside(web), protocol, machine.hostAddress, 8080),
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
    const { machine, daemon, visitors } = fixture;
    const web = await daemon.join('web', [port(8080), port(8081, { hostAddress: '127.0.0.1' })]);
    await visitors.serve(inside(web), 'web', 80);
    await visitors.serve(inside(web), 'hidden', 81);
    const direct = web.address ?? '';
    assert.deepEqual(
      await Promise.all([
        visitors.ask(machine.outside, 'tcp', direct, 80, { patience: 700 }),
        visitors.ask(machine.outside, 'tcp', direct, 81, { patience: 700 }),
        visitors.ask(machine.outside, 'udp', direct, 81, { patience: 700 }),
        visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8081, { patience: 700 }),
        visitors.ask(machine.outside, 'tcp', machine.hostAddress, 81, { patience: 700 }),
      ]),
      [null, null, null, null, null],
    );
    assert.equal(await visitors.ask(machine.host, 'tcp', '127.0.0.1', 8081), `web:${web.gateway}:hello`);
  });

  it('finds a free port for both families where none is asked for', async () => {
    const { daemon } = fixture;
    const { ports } = await daemon.join('web', [
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
    const { machine, daemon, visitors } = fixture;
    await visitors.serve(machine.host, 'squatter', 8080);
    const first = await daemon.join('first', [port(8082)]);
    await assert.rejects(daemon.join('web', [port(8081), port(8080)]), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'conflict');
      assert.match(
        error.message,
        /Bind for 0\.0\.0\.0:8080 failed: port is already allocated \(held by .*\(pid \d+\)\)/,
      );
      return true;
    });
    await assert.rejects(daemon.join('web', [port(8082)]), /held by container first/);
    await daemon.detach(first);
    assert.deepEqual(await readdir(join(machine.directory, 'one/run/netns')), []);
    assert.deepEqual(await readdir(join(machine.directory, 'one/run/netns')), []);
    await daemon.detach(await daemon.join('web', [port(8081)]));
  });

  it('takes everything away again, twice without harm', async () => {
    const { machine, daemon, visitors } = fixture;
    const web = await daemon.join('web', [port(8080)]);
    await visitors.serve(inside(web), 'web', 80);
    assert.notEqual(await visitors.ask(machine.host, 'tcp', '127.0.0.1', 8080), null);
    await daemon.detach(web);
    await daemon.detach(web);
    assert.equal(await visitors.ask(machine.host, 'tcp', '127.0.0.1', 8080), null);
    assert.equal(existsSync(inside(web)), false);
    // The server still runs in the namespace: its veth pair has to be reclaimed all the same.
    await waitFor(
      'reclaiming',
      async () => !/: st[0-9a-f]{13}@/.test(await runIn(machine.host, 'ip', '-o', 'link')),
    );
    await daemon.close();
    assert.deepEqual(await fixture.leftovers(), []);
  });

  it('lets two daemons live side by side', async () => {
    const { machine, daemon, visitors } = fixture;
    const second = await fixture.start('two');
    const [a, b] = await Promise.all([daemon.join('a', [port(8080)]), second.join('b', [port(8081)])]);
    assert.notEqual(a.gateway, b.gateway);
    await visitors.serve(inside(a), 'a', 80);
    await visitors.serve(inside(b), 'b', 80);
    await second.detach(await second.join('c', [port(8083)]));
    for (const [address, hostPort, name] of [
      [machine.hostAddress, 8080, 'a'],
      [machine.hostAddress, 8081, 'b'],
    ] as const) {
      const seen = await visitors.ask(machine.outside, 'tcp', address, hostPort);
      assert.equal(seen, `${name}:${machine.outsideAddress}:hello`);
    }
    assert.equal(await visitors.ask(inside(b), 'tcp', a.address ?? '', 80, { patience: 700 }), null);
  });

  it('comes back after kill -9: listeners again, the ownerless gone, addresses kept', async () => {
    const { machine, daemon, visitors } = fixture;
    const [web, lost] = [await daemon.join('web', [port(8080)]), await daemon.join('lost', [port(8081)])];
    await visitors.serve(inside(web), 'web', 80);
    const viaRule = `web:${machine.outsideAddress}:hello`;
    await daemon.kill();
    assert.equal(await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080), viaRule);
    const again = await fixture.start('one');
    await again.comeBack(web);
    assert.equal(await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080), viaRule);
    assert.equal(await visitors.ask(machine.host, 'tcp', '::1', 8080), `web:${web.gateway}:hello`);
    assert.equal(existsSync(inside(lost)), false);
    assert.doesNotMatch(await runIn(machine.host, 'nft', 'list', 'ruleset'), /8081/);
    assert.notEqual((await again.join('next')).address, web.address);
  });

  it('heals a deleted bridge and flushed rules', async () => {
    const { machine, daemon, visitors } = fixture;
    const web = await daemon.join('web', [port(8080)]);
    await visitors.serve(inside(web), 'web', 80);
    const [{ bridge } = { bridge: null }] = await daemon.list();
    await runIn(machine.host, 'ip', 'link', 'delete', bridge ?? '');
    await runIn(machine.host, 'nft', 'flush', 'ruleset');
    await daemon.join('next');
    const seen = await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080);
    assert.equal(seen, `web:${machine.outsideAddress}:hello`);
  });

  it('chooses another name and subnet where the usual ones are taken', async () => {
    const { machine, daemon } = fixture;
    await runIn(machine.host, 'ip', 'link', 'add', 'strata0', 'type', 'bridge');
    await runIn(machine.host, 'ip', 'route', 'add', '172.16.0.0/12', 'via', machine.outsideAddress);
    try {
      const web = await daemon.join('web');
      assert.equal(web.gateway, '192.168.0.1');
      const [{ bridge } = { bridge: null }] = await daemon.list();
      assert.match(bridge ?? '', /^strata-[0-9a-f]{8}$/);
      const rules = await runIn(machine.host, 'nft', 'list', 'ruleset');
      for (const part of [`"${bridge}"`, '192.168.0.0/20']) assert.ok(rules.includes(part), part);
      assert.doesNotMatch(rules, /"strata0"/);
    } finally {
      await runIn(machine.host, 'ip', 'route', 'delete', '172.16.0.0/12');
      await runIn(machine.host, 'ip', 'link', 'delete', 'strata0');
    }
  });

  it('gives `none` a loopback and nothing else, and `host` no namespace', async () => {
    const { daemon } = fixture;
    const none = await daemon.join('none', [], 'none');
    const links = await runIn(inside(none), 'ip', '-br', 'link');
    assert.match(links, /^lo\s+UNKNOWN/m);
    assert.doesNotMatch(links, /eth0/);
    const host = await daemon.join('host', [], 'host');
    assert.deepEqual([host.netnsPath, host.address, host.networkName], [null, null, 'host']);
    await daemon.detach(none);
    await daemon.detach(host);
  });

  it('attaches and detaches twenty at once', async () => {
    const { machine, daemon } = fixture;
    const endpoints = await Promise.all(
      Array.from({ length: 20 }, (_, index) => daemon.join(`c${index}`, index % 4 === 0 ? [port(0)] : [])),
    );
    assert.equal(new Set(endpoints.map(({ address }) => address)).size, 20);
    await Promise.all(endpoints.map((endpoint) => daemon.detach(endpoint)));
    assert.deepEqual(await mountsBelow(machine.directory), []);
  });
});
