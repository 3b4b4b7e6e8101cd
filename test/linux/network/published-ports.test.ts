import assert from 'node:assert/strict';
import type { PortMapping } from '../../../backend/network/networks.ts';
import { inside, port, useNetworks } from './network-fixture.ts';
import { runIn } from './test-machine.ts';

const SOON = { patience: 500 };

describe('published ports of both families', function () {
  this.timeout(20_000);
  const fixture = useNetworks();

  /** Who the container sees when the outside asks at each of the host's addresses; null where nobody answers. */
  async function seenAt(
    hostPort: number,
    protocol: 'tcp' | 'udp' = 'tcp',
  ): Promise<Record<string, string | null>> {
    const { machine, visitors } = fixture;
    const { hostAddress, otherHostAddress, hostAddress6, outside, host } = machine;
    const ask = (namespace: string, address: string) =>
      visitors.ask(namespace, protocol, address, hostPort, SOON);
    const [first, other, six, loopback, loopback6] = await Promise.all([
      ask(outside, hostAddress),
      ask(outside, otherHostAddress),
      ask(outside, hostAddress6),
      ask(host, '127.0.0.1'),
      ask(host, '::1'),
    ]);
    const who = (answer: string | null | undefined): string | null =>
      answer?.replace(/^\w+:(.*):hello$/, '$1') ?? null;
    return {
      first: who(first),
      other: who(other),
      six: who(six),
      loopback: who(loopback),
      loopback6: who(loopback6),
    };
  }
  const NOBODY = { first: null, other: null, six: null, loopback: null, loopback6: null };

  for (const protocol of ['tcp', 'udp'] as const) {
    it(`are open on the address that was named and on no other (${protocol}), with the client’s own address`, async () => {
      const { machine, daemon, visitors } = fixture;
      const { hostAddress, otherHostAddress, hostAddress6, outsideAddress, outsideAddress6 } = machine;
      await daemon.make('dual', { enableIPv6: true });
      const at = (hostPort: number, hostAddr: string): PortMapping =>
        port(hostPort, { protocol, hostAddress: hostAddr });
      const web = await daemon.join(
        'web',
        [
          at(8001, hostAddress),
          at(8002, otherHostAddress),
          at(8003, hostAddress6),
          at(8004, '0.0.0.0'),
          at(8005, '::'),
          at(8006, '127.0.0.1'),
          at(8007, '::1'),
          at(8008, ''),
        ],
        'dual',
      );
      await visitors.serve(inside(web), 'web', 80);
      const { gateway } = web;
      assert.deepEqual(await seenAt(8001, protocol), { ...NOBODY, first: outsideAddress });
      assert.deepEqual(await seenAt(8002, protocol), { ...NOBODY, other: outsideAddress });
      assert.deepEqual(await seenAt(8003, protocol), { ...NOBODY, six: outsideAddress6 });
      assert.deepEqual(await seenAt(8004, protocol), {
        ...NOBODY,
        first: outsideAddress,
        other: outsideAddress,
        loopback: gateway,
      });
      assert.deepEqual(await seenAt(8005, protocol), { ...NOBODY, six: outsideAddress6, loopback6: gateway });
      assert.deepEqual(await seenAt(8006, protocol), { ...NOBODY, loopback: gateway });
      assert.deepEqual(await seenAt(8007, protocol), { ...NOBODY, loopback6: gateway });
      assert.deepEqual(await seenAt(8008, protocol), {
        first: outsideAddress,
        other: outsideAddress,
        six: outsideAddress6,
        loopback: gateway,
        loopback6: gateway,
      });
      assert.deepEqual(await seenAt(80, protocol), NOBODY);
    });
  }

  it('reach a container without IPv6 from IPv6 all the same, by the listener', async () => {
    const { machine, daemon, visitors } = fixture;
    const web = await daemon.join('web', [port(8080)]);
    await visitors.serve(inside(web), 'web', 80, '0.0.0.0');
    const { six, loopback6, first } = await seenAt(8080);
    assert.deepEqual([six, loopback6, first], [web.gateway, web.gateway, machine.outsideAddress]);
  });

  it('answer at a link-local address, which packets cannot be routed from', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('dual', { enableIPv6: true });
    const web = await daemon.join('web', [port(8080)], 'dual');
    await visitors.serve(inside(web), 'web', 80);
    const addresses = await runIn(
      machine.host,
      'ip',
      '-6',
      '-o',
      'addr',
      'show',
      'dev',
      'up0',
      'scope',
      'link',
    );
    const [, linkLocal = ''] = /inet6 (fe80:[^/]+)/.exec(addresses) ?? [];
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', `${linkLocal}%eth0`, 8080),
      `web:${web.gateway}:hello`,
    );
  });

  it('may lead to the same port of a container, and to several containers’ from a range', async () => {
    const { machine, daemon, visitors } = fixture;
    const taken = await visitors.serve(machine.host, 'squatter', 9000);
    const wish = port(9000, { hostPortEnd: 9002 });
    const [a, b] = [await daemon.join('a', [wish, port(8080), port(8081)]), await daemon.join('b', [wish])];
    await visitors.serve(inside(a), 'a', 80);
    await visitors.serve(inside(b), 'b', 80);
    assert.deepEqual([...new Set(a.ports.map(({ hostPort }) => hostPort))], [9001, 8080, 8081]);
    assert.deepEqual([...new Set(b.ports.map(({ hostPort }) => hostPort))], [9002]);
    for (const [hostPort, name] of [
      [9001, 'a'],
      [8080, 'a'],
      [8081, 'a'],
      [9002, 'b'],
    ] as const) {
      const seen = await visitors.ask(machine.outside, 'tcp', machine.hostAddress, hostPort);
      assert.equal(seen, `${name}:${machine.outsideAddress}:hello`);
    }
    await assert.rejects(
      daemon.join('c', [wish]),
      /9002 failed: port is already allocated \(held by container b\)/,
    );
    await taken();
  });

  it('are bound to the network’s own address where none is named', async () => {
    const { machine, daemon, visitors } = fixture;
    const option = 'com.docker.network.bridge.host_binding_ipv4';
    await daemon.make('bound', { options: { [option]: machine.otherHostAddress } });
    const web = await daemon.join('web', [port(8080)], 'bound');
    await visitors.serve(inside(web), 'web', 80);
    assert.deepEqual(await seenAt(8080), { ...NOBODY, other: machine.outsideAddress });
  });

  it('are reached by the container itself and its neighbours, at addresses of both families', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('dual', { enableIPv6: true });
    await daemon.make('far', { enableIPv6: true });
    const [web, near, far] = [
      await daemon.join('web', [port(8080)], 'dual'),
      await daemon.join('near', [], 'dual'),
      await daemon.join('far', [], 'far'),
    ];
    await visitors.serve(inside(web), 'web', 80);
    for (const from of [web, near, far]) {
      for (const address of [machine.hostAddress, machine.hostAddress6])
        assert.equal(await visitors.ask(inside(from), 'tcp', address, 8080), `web:${web.gateway}:hello`);
    }
  });

  it('come back with their rules at the next attach when somebody flushed them, in every network', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('dual', { enableIPv6: true });
    const web = await daemon.join('web', [port(8080)], 'dual');
    await visitors.serve(inside(web), 'web', 80);
    await runIn(machine.host, 'nft', 'flush', 'ruleset');
    await runIn(machine.host, 'ip', 'link', 'delete', (await daemon.get('dual')).bridge ?? '');
    await daemon.join('next', [], 'dual');
    const { first, six } = await seenAt(8080);
    assert.deepEqual([first, six], [machine.outsideAddress, machine.outsideAddress6]);
    assert.equal(await visitors.ask(machine.outside, 'tcp', web.address ?? '', 80, SOON), null);
  });
});
