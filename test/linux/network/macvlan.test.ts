import assert from 'node:assert/strict';
import { RouteSocket } from '../../../backend/linux/rtnetlink.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { NetworkWish } from './daemon-process.ts';
import { inside, port, useNetworks } from './network-fixture.ts';
import { runIn } from './test-machine.ts';

const SOON = { patience: 500 };
const failure = (code: string, message: RegExp) => (error: Error & { code?: string }) => {
  assert.deepEqual([error.code, message.test(error.message) ? '' : error.message], [code, '']);
  return true;
};

/** This kernel may lack what the host's does not: then the refusal is what is tested. */
const kernel = (kind: 'macvlan' | 'ipvlan' | 'vlan'): boolean => {
  using socket = new RouteSocket();
  return socket.hasKind(kind);
};

describe('macvlan and ipvlan networks', function () {
  this.timeout(20_000);
  const fixture = useNetworks();
  const lan = (rest: NetworkWish = {}): NetworkWish => ({
    driver: 'macvlan',
    ranges: [{ subnet: '10.77.0.0/24', gateway: fixture.machine.outsideAddress, ipRange: '10.77.0.64/26' }],
    ...rest,
    options: { parent: 'up0', ...rest.options },
  });

  before(function () {
    if (kernel('macvlan')) return;
    console.log('      skipped: this kernel has no macvlan');
    this.skip();
  });

  it('make containers machines of the host’s own network, which the host itself does not reach', async () => {
    const { machine, daemon, visitors } = fixture;
    const network = await daemon.make('lan', lan());
    assert.deepEqual([network.bridge, network.madeLink], [null, undefined]);
    const [a, b] = [await daemon.join('a', [port(8080)], 'lan'), await daemon.join('b', [], 'lan')];
    assert.deepEqual([a.address, a.gateway, a.ports], ['10.77.0.64', machine.outsideAddress, []]);
    await visitors.serve(inside(a), 'a', 80);
    await visitors.serve(machine.outside, 'world', 80);
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', a.address ?? '', 80),
      `a:${machine.outsideAddress}:hello`,
    );
    assert.equal(
      await visitors.ask(inside(a), 'tcp', machine.outsideAddress, 80),
      `world:${a.address}:hello`,
    );
    assert.equal(await visitors.ask(inside(b), 'tcp', a.address ?? '', 80), `a:${b.address}:hello`);
    assert.equal(await visitors.ask(machine.host, 'tcp', a.address ?? '', 80, SOON), null);
    assert.match(await runIn(inside(a), 'ip', '-d', 'link', 'show', 'eth0'), /macvlan mode bridge/);
    const counters = await daemon.counters(a);
    assert.ok((counters['eth0']?.rxPackets ?? 0) > 0);
    assert.deepEqual(
      (await daemon.members(network.id)).map(({ endpoint }) => endpoint.address),
      [a.address, b.address],
    );
  });

  it('keep what they gave over the death of the daemon, and take it away at the end', async () => {
    const { machine, daemon, visitors, start } = fixture;
    await daemon.make('lan', lan());
    const a = await daemon.join('a', [], 'lan', 'bridge');
    await visitors.serve(inside(a), 'a', 80);
    await daemon.kill();
    const again = await start('one');
    await again.comeBack(a);
    const { outsideAddress } = machine;
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', a.address ?? '', 80),
      `a:${outsideAddress}:hello`,
    );
    assert.notEqual((await again.join('b', [], 'lan')).address, a.address);
    const left = await again.disconnect(a, 'lan');
    assert.deepEqual(
      left.endpoints.map(({ networkName }) => networkName),
      ['bridge'],
    );
    assert.doesNotMatch(await runIn(inside(a), 'ip', '-d', 'link'), /macvlan/);
    await waitFor(
      'nobody',
      async () => !(await visitors.ask(machine.outside, 'tcp', a.address ?? '', 80, SOON)),
    );
  });

  it('keep containers apart in mode private, and have no way out where they are internal', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('lan', lan({ internal: true, options: { macvlan_mode: 'private' } }));
    const [a, b] = [await daemon.join('a', [], 'lan'), await daemon.join('b', [], 'lan')];
    await visitors.serve(inside(a), 'a', 80);
    assert.equal(a.gateway, null);
    assert.doesNotMatch(await runIn(inside(a), 'ip', 'route'), /default/);
    assert.equal(await visitors.ask(inside(b), 'tcp', a.address ?? '', 80, SOON), null);
    assert.equal(
      await visitors.ask(machine.outside, 'tcp', a.address ?? '', 80),
      `a:${machine.outsideAddress}:hello`,
    );
  });

  it('name their interfaces as the host may have named its own', async () => {
    const { machine, daemon, visitors } = fixture;
    await daemon.make('lan', lan());
    await runIn(machine.host, 'ip', 'link', 'add', 'eth0', 'type', 'bridge');
    try {
      const a = await daemon.join('a', [], 'lan');
      await visitors.serve(inside(a), 'a', 80);
      assert.equal(
        await visitors.ask(machine.outside, 'tcp', a.address ?? '', 80),
        `a:${machine.outsideAddress}:hello`,
      );
      assert.match(await runIn(machine.host, 'ip', '-d', 'link', 'show', 'eth0'), / bridge /);
    } finally {
      await runIn(machine.host, 'ip', 'link', 'delete', 'eth0');
    }
  });

  it('share a parent among macvlans, unless one wants it for itself, and never with an ipvlan', async () => {
    const { daemon } = fixture;
    await daemon.make('lan', lan());
    const other = (rest: NetworkWish) =>
      daemon.make('other', lan({ ranges: [{ subnet: '10.78.0.0/24' }], ...rest }));
    await assert.rejects(
      other({ options: { macvlan_mode: 'passthru' } }),
      failure('conflict', /network lan is already using parent interface up0/),
    );
    await other({});
    await assert.rejects(daemon.make('third', lan()), failure('forbidden', /Pool overlaps/));
    const ipvlan = daemon.make('ip', { driver: 'ipvlan', options: { parent: 'up0' } });
    await assert.rejects(
      ipvlan,
      kernel('ipvlan')
        ? failure('conflict', /already using parent interface up0/)
        : failure('not-implemented', /no ipvlan: the module ipvlan/),
    );
  });

  it('say what is wrong with a parent when they are made', async () => {
    const { machine, daemon } = fixture;
    const make = (parent: string) => daemon.make('lan', lan({ options: { parent } }));
    await assert.rejects(
      make('lo'),
      failure('invalid-argument', /loopback interface is not a valid macvlan parent/),
    );
    await assert.rejects(make('eth9'), failure('invalid-argument', /parent interface eth9 was not found/));
    await assert.rejects(make('eth9.10'), failure('invalid-argument', /was not found on the host: eth9/));
    await assert.rejects(make('up0.4095'), failure('invalid-argument', /between 1-4094, received: 4095/));
    await assert.rejects(
      daemon.make('lan', lan({ options: { macvlan_mode: 'sideways' } })),
      failure('invalid-argument', /unknown macvlan mode "sideways"/),
    );
    assert.deepEqual((await daemon.list()).map(({ name }) => name).toSorted(), ['bridge', 'host', 'none']);
    assert.doesNotMatch(await runIn(machine.host, 'ip', '-o', 'link'), /up0\.|dm-/);
  });

  it('are made with a VLAN or a dummy that goes with them, where the kernel has those', async () => {
    const { machine, daemon } = fixture;
    const links = () => runIn(machine.host, 'ip', '-o', 'link');
    if (kernel('vlan')) {
      const vlan = await daemon.make('vlan', lan({ options: { parent: 'up0.50' } }));
      assert.equal(vlan.madeLink, 'up0.50');
      assert.match(await links(), /up0\.50@up0/);
      await daemon.remove('vlan');
      assert.doesNotMatch(await links(), /up0\.50/);
    } else {
      const wish = lan({ options: { parent: 'up0.50' } });
      await assert.rejects(
        daemon.make('vlan', wish),
        failure('not-implemented', /no VLANs: the module 8021q/),
      );
    }
    const alone = daemon.make('alone', { driver: 'macvlan' });
    const made = await alone.catch(failure('not-implemented', /no dummy interfaces.*the module dummy/));
    if (typeof made === 'boolean') return;
    assert.match(await links(), new RegExp(`${made.madeLink}`));
    const [a, b] = [await daemon.join('a', [], 'alone'), await daemon.join('b', [], 'alone')];
    assert.equal(await fixture.visitors.ping(inside(a), b.address ?? ''), true);
    await daemon.detach(a);
    await daemon.detach(b);
    await daemon.remove('alone');
    assert.doesNotMatch(await links(), /dm-/);
  });
});
