import assert from 'node:assert/strict';
import type { Endpoint, NetworkRecord } from '../../../backend/network/networks.ts';
import { inside, useNetworks } from './network-fixture.ts';
import { runIn } from './test-machine.ts';

const failure = (code: string, message: RegExp) => (error: Error & { code?: string }) => {
  assert.deepEqual([error.code, message.test(error.message) ? '' : error.message], [code, '']);
  return true;
};
const subnetsOf = ({ ipam }: NetworkRecord): string[] => ipam.ranges.map(({ subnet }) => subnet);
const gatewaysOf = ({ ipam }: NetworkRecord): string[] => ipam.ranges.map(({ gateway }) => gateway);
const addressesOf = ({ address, address6 }: Endpoint): (string | null)[] => [address, address6];

describe('addresses in networks', function () {
  this.timeout(20_000);
  const fixture = useNetworks();

  it('gives out addresses of the ip-range, and neither the gateway’s nor those of others', async () => {
    const { daemon } = fixture;
    const network = await daemon.make('narrow', {
      enableIPv6: true,
      ranges: [
        {
          subnet: '10.50.0.0/16',
          ipRange: '10.50.7.0/29',
          gateway: '10.50.7.1',
          auxAddresses: { printer: '10.50.7.2' },
        },
        { subnet: 'fd50::/64', ipRange: 'fd50::10/125', gateway: 'fd50::10' },
      ],
    });
    assert.deepEqual(gatewaysOf(network), ['10.50.7.1', 'fd50::10']);
    const [first, second] = [await daemon.join('a', [], 'narrow'), await daemon.join('b', [], 'narrow')];
    assert.deepEqual(addressesOf(first), ['10.50.7.0', 'fd50::11']);
    assert.deepEqual(addressesOf(second), ['10.50.7.3', 'fd50::12']);
    assert.deepEqual([first.prefixLength, first.prefixLength6], [16, 64]);
    assert.match(await runIn(inside(first), 'ip', '-4', 'route'), /^default via 10\.50\.7\.1 dev eth0/m);
    assert.match(await runIn(inside(first), 'ip', '-6', 'route'), /^default via fd50::10 dev eth0/m);
  });

  it('gives the address and the MAC address that were asked for, and refuses them twice', async () => {
    const { daemon } = fixture;
    await daemon.make('fixed', {
      ranges: [{ subnet: '10.51.0.0/24' }, { subnet: 'fd51::/64' }],
      enableIPv6: true,
    });
    const wish = { network: 'fixed', ipv4: '10.51.0.77', ipv6: 'fd51::77', mac: '02-00-00-AA-bb-01' };
    const a = await daemon.join('a', [], wish);
    assert.deepEqual([...addressesOf(a), a.mac], ['10.51.0.77', 'fd51::77', '02:00:00:aa:bb:01']);
    const link = await runIn(inside(a), 'ip', 'addr', 'show', 'eth0');
    for (const part of ['link/ether 02:00:00:aa:bb:01', 'inet 10.51.0.77/24', 'inet6 fd51::77/64'])
      assert.ok(link.includes(part), `${part} in ${link}`);
    const join = (rest: object) => daemon.join('b', [], { network: 'fixed', ...rest });
    await assert.rejects(join({ ipv4: '10.51.0.77' }), failure('forbidden', /Address already in use/));
    await assert.rejects(join({ ipv4: '10.51.0.1' }), failure('forbidden', /Address already in use/));
    await assert.rejects(join({ ipv6: 'fd51::77' }), failure('forbidden', /Address already in use/));
    await assert.rejects(join({ ipv4: '10.52.0.9' }), failure('forbidden', /out of range/));
    // What a refused container had taken before is free again; the lower one only rests.
    assert.deepEqual(addressesOf(await join({})), ['10.51.0.3', 'fd51::2']);
  });

  it('says that a network is full, and gives an address again when one is free', async () => {
    const { daemon } = fixture;
    await daemon.make('tiny', { ranges: [{ subnet: '10.53.0.0/30' }] });
    const only = await daemon.join('a', [], 'tiny');
    await assert.rejects(
      daemon.join('b', [], 'tiny'),
      failure('resource-exhausted', /no available IPv4 addresses in 10\.53\.0\.0\/30/),
    );
    await daemon.detach(only);
    assert.equal((await daemon.join('b', [], 'tiny')).address, '10.53.0.2');
  });

  it('refuses subnets that another network has, names that are taken, and malformed ranges', async () => {
    const { daemon } = fixture;
    await daemon.make('one', { ranges: [{ subnet: '10.54.0.0/16' }] });
    const make = (name: string, ...ranges: object[]) => daemon.make(name, { ranges });
    await assert.rejects(
      make('two', { subnet: '10.54.9.0/24' }),
      failure('forbidden', /Pool overlaps with other one.*10\.54\.0\.0\/16 of network one/),
    );
    await assert.rejects(make('one'), failure('conflict', /network with name one already exists/));
    await assert.rejects(
      make('two', { subnet: '10.55.0.9/16' }),
      failure('invalid-argument', /it should be 10\.55\.0\.0\/16/),
    );
    await assert.rejects(
      make('two', { subnet: '10.55.0.0/24', gateway: '10.56.0.1', ipRange: '10.57.0.0/28' }),
      failure('invalid-argument', /ip-range 10\.57.*\n.*gateway 10\.56\.0\.1/),
    );
    await assert.rejects(
      make('two', { subnet: '10.55.0.0/24' }, { subnet: '10.56.0.0/24' }),
      failure('forbidden', /multiple subnets/),
    );
    await assert.rejects(
      daemon.make('two', { driver: 'overlay' }),
      failure('not-found', /plugin "overlay" not found/),
    );
    assert.deepEqual((await daemon.list()).map(({ name }) => name).toSorted(), [
      'bridge',
      'host',
      'none',
      'one',
    ]);
  });

  it('picks subnets that no route and no address of the host touches, until there are none', async () => {
    const { machine, start } = fixture;
    const pools = ['10.60.0.0/24', '10.61.0.0/24', '10.62.0.0/24', '10.63.0.0/24'];
    await runIn(
      machine.host,
      'ip',
      'route',
      'add',
      '10.61.0.128/25',
      'via',
      machine.outsideAddress,
      'table',
      '77',
    );
    const daemon = await start('pools', { pools });
    try {
      assert.deepEqual(subnetsOf(await daemon.make('one')), ['10.62.0.0/24']);
      assert.deepEqual(subnetsOf(await daemon.make('two')), ['10.63.0.0/24']);
      await assert.rejects(
        daemon.make('three'),
        failure('resource-exhausted', /all predefined address pools have been fully subnetted/),
      );
      await daemon.remove('one');
      assert.deepEqual(subnetsOf(await daemon.make('three')), ['10.62.0.0/24']);
    } finally {
      await runIn(machine.host, 'ip', 'route', 'flush', 'table', '77');
    }
  });

  it('gives a network of IPv6 alone no IPv4', async () => {
    const { machine, daemon, visitors } = fixture;
    const network = await daemon.make('six', { enableIPv4: false, enableIPv6: true });
    assert.match(subnetsOf(network).join(' '), /^fd[0-9a-f:]+\/64$/);
    const six = await daemon.join('six', [], 'six');
    assert.deepEqual([six.address, six.gateway], [null, null]);
    assert.doesNotMatch(await runIn(inside(six), 'ip', 'addr', 'show', 'eth0'), /inet /);
    await visitors.serve(machine.outside, 'world', 80);
    assert.equal(
      await visitors.ask(inside(six), 'tcp', machine.outsideAddress6, 80),
      `world:${machine.hostAddress6}:hello`,
    );
  });

  it('gives interfaces the MTU, the name and the bridge that the network’s options say', async () => {
    const { machine, daemon } = fixture;
    const network = await daemon.make('small', {
      options: {
        'com.docker.network.driver.mtu': '1400',
        'com.docker.network.bridge.name': 'br-small',
        'com.docker.network.container_iface_prefix': 'net',
      },
    });
    assert.equal(network.bridge, 'br-small');
    const a = await daemon.join('a', [], 'small', 'bridge');
    assert.deepEqual(
      a.endpoints.map((endpoint) => endpoint.interface),
      ['net0', 'eth0'],
    );
    assert.match(await runIn(inside(a), 'ip', 'link', 'show', 'net0'), /mtu 1400/);
    assert.match(await runIn(inside(a), 'ip', 'link', 'show', 'eth0'), /mtu 1500/);
    assert.match(await runIn(machine.host, 'ip', 'link', 'show', 'br-small'), /mtu 1400/);
    await assert.rejects(
      daemon.make('other', { options: { 'com.docker.network.bridge.name': 'br-small' } }),
      failure('conflict', /bridge name br-small is already used by network small/),
    );
    await assert.rejects(
      daemon.make('other', { options: { 'com.docker.network.bridge.name': 'up0' } }),
      failure('conflict', /the name of bridge up0 is taken/),
    );
    assert.match(await runIn(machine.host, 'ip', '-d', 'link', 'show', 'up0'), /veth/);
  });
});
