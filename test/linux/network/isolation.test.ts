import assert from 'node:assert/strict';
import { inside, port, useNetworks } from './network-fixture.ts';
import type { Attached } from './daemon-process.ts';
import { runIn } from './test-machine.ts';

const BRIDGE = 'com.docker.network.bridge';
const SOON = { patience: 500 };

describe('isolation of networks', function () {
  this.timeout(20_000);
  const fixture = useNetworks();

  /** Whether the server of a container at port 80 is reached, by ping, TCP and UDP, at both of its addresses. */
  async function reached(namespace: string, { address, address6 }: Attached): Promise<string> {
    const { visitors } = fixture;
    const tries = [address ?? '', address6 ?? ''].filter(Boolean).flatMap((host) => [
      visitors.ping(namespace, host).then((seen) => (seen ? `ping${host.includes(':') ? 6 : 4}` : '')),
      ...(['tcp', 'udp'] as const).map(async (protocol) => {
        const answer = await visitors.ask(namespace, protocol, host, 80, SOON);
        return answer === null ? '' : `${protocol}${host.includes(':') ? 6 : 4}`;
      }),
    ]);
    return (await Promise.all(tries)).filter(Boolean).join(' ');
  }
  const ALL = 'ping4 tcp4 udp4 ping6 tcp6 udp6';

  it('lets containers of one network see one another and those of another not, in both families', async () => {
    const { daemon, visitors } = fixture;
    await daemon.make('one', { enableIPv6: true });
    await daemon.make('two', { enableIPv6: true });
    const [a, b, c] = await Promise.all([
      daemon.join('a', [], 'one'),
      daemon.join('b', [], 'one'),
      daemon.join('c', [], 'two'),
    ]);
    for (const [name, container] of Object.entries({ a, c }))
      await visitors.serve(inside(container), name, 80);
    const bare = await daemon.join('bare');
    assert.equal(await reached(inside(b), a), ALL);
    assert.deepEqual(
      await Promise.all([reached(inside(b), c), reached(inside(c), a), reached(inside(bare), a)]),
      ['', '', ''],
    );
  });

  it('does not let a container route for others into a network that it is not in', async () => {
    const { daemon, visitors } = fixture;
    await daemon.make('one', { enableIPv6: true });
    await daemon.make('two', { enableIPv6: true });
    const [a, router, c] = [
      await daemon.join('a', [], 'one'),
      await daemon.join('router', [], 'one'),
      await daemon.join('c', [], 'two'),
    ];
    await visitors.serve(inside(c), 'c', 80);
    await runIn(inside(router), 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    for (const [family, via] of [
      ['-4', router.address ?? ''],
      ['-6', router.address6 ?? ''],
    ] as const)
      await runIn(inside(a), 'ip', family, 'route', 'replace', 'default', 'via', via);
    assert.equal(await reached(inside(a), c), '');
    assert.equal(await reached(inside(router), c), '');
  });

  it('lets nothing out of an internal network and nothing in, and its containers see one another and the host', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('inner', { internal: true, enableIPv6: true });
    const [a, b] = [await daemon.join('a', [port(8080)], 'inner'), await daemon.join('b', [], 'inner')];
    assert.deepEqual([a.gateway, a.gateway6, a.ports], [null, null, []]);
    await visitors.serve(inside(a), 'a', 80);
    await visitors.serve(machine.outside, 'world', 80);
    await visitors.serve(machine.host, 'host', 9000);
    assert.equal(await reached(inside(b), a), ALL);
    const [range4, range6] = (await daemon.get('inner')).ipam.ranges;
    for (const gateway of [range4?.gateway ?? '', range6?.gateway ?? '']) {
      assert.equal(
        await visitors.ask(inside(a), 'tcp', gateway, 9000),
        `host:${gateway.includes(':') ? a.address6 : a.address}:hello`,
      );
    }
    // Also for one that gives itself a way out.
    await runIn(inside(a), 'ip', 'route', 'add', 'default', 'via', range4?.gateway ?? '');
    await runIn(inside(a), 'ip', '-6', 'route', 'add', 'default', 'via', range6?.gateway ?? '');
    const world = { ...a, address: machine.outsideAddress, address6: machine.outsideAddress6 };
    assert.equal(await reached(inside(a), world), '');
    assert.equal(await reached(machine.outside, a), '');
    assert.equal(await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080, SOON), null);
    // The host itself may look into it, as with Docker.
    assert.equal(await visitors.ask(machine.host, 'tcp', a.address ?? '', 80), `a:${range4?.gateway}:hello`);
  });

  it('keeps containers of a network without icc apart, but not from the host and the world', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('apart', { enableIPv6: true, options: { [`${BRIDGE}.enable_icc`]: 'false' } });
    const [a, b] = [await daemon.join('a', [port(8080)], 'apart'), await daemon.join('b', [], 'apart')];
    await visitors.serve(inside(a), 'a', 80);
    await visitors.serve(machine.outside, 'world', 80);
    assert.equal(await reached(inside(b), a), '');
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080),
      `a:${machine.outsideAddress}:hello`,
    );
    assert.equal(
      await visitors.ask(inside(b), 'tcp', machine.outsideAddress, 80),
      `world:${machine.hostAddress}:hello`,
    );
    assert.equal(await visitors.ask(inside(b), 'tcp', machine.hostAddress, 8080), `a:${a.gateway}:hello`);
    // Nor after the bridge was lost and came back.
    await runIn(machine.host, 'ip', 'link', 'delete', (await daemon.get('apart')).bridge ?? '');
    await daemon.join('c', [], 'apart');
    assert.equal((await runIn(machine.host, 'ip', '-d', 'link')).match(/isolated on/g)?.length, 3);
    assert.equal(await reached(inside(b), a), '');
    assert.equal(
      await visitors.ask(inside(b), 'tcp', machine.outsideAddress, 80),
      `world:${machine.hostAddress}:hello`,
    );
  });

  it('shows the world the host’s address of each family, or the container’s own where masquerading is off', async () => {
    const { machine, daemon, visitors } = fixture;
    const range = (subnet: string) => ({ subnet });
    await daemon.make('hidden', { enableIPv6: true });
    await daemon.make('open', {
      enableIPv6: true,
      ranges: [range('10.99.0.0/24'), range('fd99::/64')],
      options: { [`${BRIDGE}.enable_ip_masquerade`]: 'false' },
    });
    const [hidden, open] = [await daemon.join('a', [], 'hidden'), await daemon.join('b', [], 'open')];
    await visitors.serve(machine.outside, 'world', 80);
    const seen = (container: Attached) =>
      Promise.all(
        [machine.outsideAddress, machine.outsideAddress6].map((host) =>
          visitors.ask(inside(container), 'tcp', host, 80),
        ),
      );
    assert.deepEqual(await seen(hidden), [
      `world:${machine.hostAddress}:hello`,
      `world:${machine.hostAddress6}:hello`,
    ]);
    assert.deepEqual(await seen(open), [`world:${open.address}:hello`, `world:${open.address6}:hello`]);
  });

  it('keeps the outside from every address of a container, also where a port is published', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('web', { enableIPv6: true });
    const web = await daemon.join('web', [port(8080)], 'web');
    await visitors.serve(inside(web), 'web', 80);
    assert.equal(await reached(machine.outside, web), '');
    assert.equal(await reached(machine.host, web), ALL);
  });

  it('keeps three daemons on one machine apart', async () => {
    const { machine, daemon, visitors, start } = fixture;
    const daemons = [daemon, await start('two'), await start('three')];
    const made = await Promise.all(
      daemons.map(async (one, index) => {
        await one.make('same', { enableIPv6: true });
        return one.join(`c${index}`, [port(8080 + index)], 'same');
      }),
    );
    for (const [index, one] of made.entries()) await visitors.serve(inside(one), `c${index}`, 80);
    assert.equal(new Set(made.flatMap(({ address, address6 }) => [address, address6])).size, 6);
    const [first, second, third] = made;
    assert.ok(first && second && third);
    assert.deepEqual(
      await Promise.all([
        reached(inside(first), second),
        reached(inside(second), third),
        reached(inside(third), first),
      ]),
      ['', '', ''],
    );
    for (const index of made.keys()) {
      const seen = await visitors.ask(machine.outside, 'tcp', machine.hostAddress6, 8080 + index);
      assert.equal(seen, `c${index}:${machine.outsideAddress6}:hello`);
    }
  });
});
