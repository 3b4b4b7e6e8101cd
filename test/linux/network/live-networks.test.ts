import assert from 'node:assert/strict';
import { wishFor, type EndpointWish } from './daemon-process.ts';
import { inside, port, useNetworks } from './network-fixture.ts';
import { runIn } from './test-machine.ts';

describe('networks that come and go under a running container', function () {
  this.timeout(20_000);
  const fixture = useNetworks();
  const wish = (network: string | EndpointWish) => wishFor('web', network);
  const defaultRoute = async (namespace: string, family: 4 | 6 = 4) =>
    (await runIn(namespace, 'ip', `-${family}`, 'route', 'show', 'default'))
      .trim()
      .replace(/ (proto|metric) .*/, '');

  it('gives the default route to the highest priority, then to both families, then to the first name', async () => {
    const { daemon } = fixture;
    await daemon.make('a4');
    await daemon.make('b46', { enableIPv6: true });
    await daemon.make('c46', { enableIPv6: true });
    await daemon.make('d4');
    await daemon.make('inner', { internal: true });
    const web = await daemon.join('web', [], 'inner', 'a4', 'd4');
    const gateway = async (name: string, family: 4 | 6 = 4) =>
      (await daemon.get(name)).ipam.ranges.find(({ subnet }) => subnet.includes(':') === (family === 6))
        ?.gateway;
    assert.equal(await defaultRoute(inside(web)), `default via ${await gateway('a4')} dev eth1`);
    let now = await daemon.connect(web, wish('c46'));
    assert.equal(await defaultRoute(inside(web)), `default via ${await gateway('c46')} dev eth3`);
    assert.equal(await defaultRoute(inside(web), 6), `default via ${await gateway('c46', 6)} dev eth3`);
    now = await daemon.connect(now, wish('b46'));
    assert.equal(await defaultRoute(inside(web), 6), `default via ${await gateway('b46', 6)} dev eth4`);
    now = await daemon.disconnect(now, 'd4');
    now = await daemon.connect(now, wish({ network: 'd4', gwPriority: 7 }));
    // The number that was left is given again.
    assert.equal(await defaultRoute(inside(web)), `default via ${await gateway('d4')} dev eth2`);
    assert.equal(await defaultRoute(inside(web), 6), `default via ${await gateway('b46', 6)} dev eth4`);
    for (const name of ['d4', 'b46', 'c46', 'a4']) now = await daemon.disconnect(now, name);
    assert.deepEqual([await defaultRoute(inside(web)), await defaultRoute(inside(web), 6)], ['', '']);
    assert.deepEqual(
      now.endpoints.map(({ networkName }) => networkName),
      ['inner'],
    );
  });

  for (const protocol of ['tcp', 'udp'] as const) {
    it(`leads a published ${protocol} port to the network that the container is left with`, async () => {
      const { machine, daemon, visitors } = fixture;
      await daemon.make('first');
      await daemon.make('second', { enableIPv6: true });
      const web = await daemon.join('web', [port(8080, { protocol })], 'first');
      await visitors.serve(inside(web), 'web', 80);
      // One socket for all of it: the kernel's memory of its flow must not lead it astray.
      const ask = () =>
        visitors.ask(machine.outside, protocol, machine.hostAddress, 8080, { from: 5555, patience: 1500 });
      const answer = `web:${machine.outsideAddress}:hello`;
      assert.equal(await ask(), answer);
      const both = await daemon.connect(web, wish('second'));
      assert.equal(await ask(), answer);
      assert.equal(
        await visitors.ask(machine.outside, protocol, machine.hostAddress6, 8080),
        `web:${machine.outsideAddress6}:hello`,
      );
      const moved = await daemon.disconnect(both, 'first');
      assert.equal(await ask(), answer);
      assert.equal(
        await visitors.ask(machine.host, protocol, '127.0.0.1', 8080),
        `web:${moved.endpoints[0]?.gateway}:hello`,
      );
      const alone = await daemon.disconnect(moved, 'second');
      assert.deepEqual(alone.endpoints, []);
      assert.equal(await ask(), null);
      const back = await daemon.connect(alone, wish('first'));
      assert.equal(await ask(), answer);
      assert.deepEqual(
        back.ports.map(({ hostPort }) => hostPort),
        [8080, 8080],
      );
    });
  }

  it('goes out by one network in IPv4 and by another in IPv6 where that is what there is', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('four');
    await daemon.make('six', { enableIPv4: false, enableIPv6: true });
    const web = await daemon.join('web', [port(8080)], 'four', 'six');
    await visitors.serve(inside(web), 'web', 80);
    await visitors.serve(machine.outside, 'world', 80);
    assert.equal(
      await visitors.ask(inside(web), 'tcp', machine.outsideAddress, 80),
      `world:${machine.hostAddress}:hello`,
    );
    assert.equal(
      await visitors.ask(inside(web), 'tcp', machine.outsideAddress6, 80),
      `world:${machine.hostAddress6}:hello`,
    );
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080),
      `web:${machine.outsideAddress}:hello`,
    );
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', machine.hostAddress6, 8080),
      `web:${machine.outsideAddress6}:hello`,
    );
  });

  it('keeps datagrams flowing to a container that takes over a published port', async () => {
    const { machine, daemon, visitors } = fixture;
    const first = await daemon.join('first', [port(8080, { protocol: 'udp' })]);
    await visitors.serve(inside(first), 'first', 80);
    const ask = () =>
      visitors.ask(machine.outside, 'udp', machine.hostAddress, 8080, { from: 5555, patience: 1500 });
    assert.equal(await ask(), `first:${machine.outsideAddress}:hello`);
    await daemon.detach(first);
    const second = await daemon.join('second', [port(8080, { protocol: 'udp' })]);
    await visitors.serve(inside(second), 'second', 80);
    assert.equal(await ask(), `second:${machine.outsideAddress}:hello`);
  });

  it('refuses what cannot be, and leaves the container as it was', async () => {
    const { daemon, visitors } = fixture;
    await daemon.make('one', { ranges: [{ subnet: '10.40.0.0/24' }] });
    const [web, other] = [await daemon.join('web', [], 'one'), await daemon.join('other', [], 'one')];
    await visitors.serve(inside(web), 'web', 80);
    const code = (wanted: string) => (error: Error & { code?: string }) => error.code === wanted;
    await assert.rejects(daemon.connect(web, wish('one')), code('forbidden'));
    await assert.rejects(daemon.connect(web, wish('nowhere')), code('not-found'));
    await daemon.make('two', { ranges: [{ subnet: '10.41.0.0/24' }] });
    await assert.rejects(daemon.connect(web, wish({ network: 'two', ipv4: '10.40.0.9' })), code('forbidden'));
    await assert.rejects(daemon.disconnect(web, 'two'), code('not-found'));
    await assert.rejects(daemon.remove('one'), code('conflict'));
    await assert.rejects(daemon.remove('bridge'), code('forbidden'));
    assert.equal(
      await visitors.ask(inside(other), 'tcp', web.address ?? '', 80),
      `web:${other.address}:hello`,
    );
    assert.deepEqual(
      (await daemon.members(web.networkId)).map(({ containerId }) => containerId),
      ['web', 'other'],
    );
    await daemon.remove('two');
    await assert.rejects(daemon.get('two'), code('not-found'));
  });

  it('undoes a connect that fails half-way, with the way that published ports lead', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('m');
    await daemon.make('b', { options: { 'com.docker.network.container_iface_prefix': 'taken' } });
    const web = await daemon.join('web', [port(8080)], 'm');
    await visitors.serve(inside(web), 'web', 80);
    // Its name is in use in the container, by a link that is not the engine's.
    await runIn(inside(web), 'ip', 'link', 'add', 'taken0', 'type', 'veth', 'peer', 'name', 'peer0');
    await assert.rejects(daemon.connect(web, wish('b')));
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080),
      `web:${machine.outsideAddress}:hello`,
    );
    assert.deepEqual((await daemon.members((await daemon.get('b')).id)).length, 0);
    assert.match(await defaultRoute(inside(web)), /dev eth0/);
    assert.match(await runIn(inside(web), 'ip', 'link'), /taken0/);
  });

  it('counts the bytes and packets of each interface as the container sees them', async () => {
    const { daemon, visitors } = fixture;
    await daemon.make('one');
    const [web, other] = [
      await daemon.join('web', [], 'one', 'bridge'),
      await daemon.join('other', [], 'one'),
    ];
    await visitors.serve(inside(web), 'web', 80);
    for (let round = 0; round < 5; round += 1)
      await visitors.ask(inside(other), 'udp', web.address ?? '', 80);
    const { eth0, eth1, ...rest } = await daemon.counters(web);
    assert.deepEqual(rest, {});
    const inContainer = await runIn(inside(web), 'cat', '/proc/net/dev');
    const [, rxBytes, rxPackets] = /eth0:\s*(\d+)\s+(\d+)/.exec(inContainer) ?? [];
    assert.deepEqual([eth0?.rxBytes, eth0?.rxPackets], [Number(rxBytes), Number(rxPackets)]);
    assert.ok((eth0?.rxPackets ?? 0) >= 5 && (eth0?.txPackets ?? 0) >= 5);
    assert.ok((eth1?.rxPackets ?? 99) < (eth0?.rxPackets ?? 0));
    const [asked] = Object.values(await daemon.counters(other));
    assert.ok((asked?.txPackets ?? 0) >= 5, 'what one receives the other sends');
  });
});
