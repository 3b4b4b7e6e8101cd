import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';

interface Inspected {
  Id: string;
  IPAM: { Config: { Subnet: string; Gateway: string }[] };
  Containers: Record<string, { Name: string; IPv4Address: string; MacAddress: string; EndpointID: string }>;
  Labels: Record<string, string>;
  Options: Record<string, string>;
}

describe('docker on networks', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  const names = async (...filters: string[]) =>
    (await ok('network', 'ls', '--format', '{{.Name}}', ...filters.flatMap((filter) => ['-f', filter])))
      .split('\n')
      .filter(Boolean)
      .toSorted();
  const sleeper = (name: string, ...options: string[]) =>
    ok('run', '-d', '--name', name, ...options, busybox(), 'sleep', '300');
  const inspect = async (name: string) => {
    const [network] = JSON.parse(await ok('network', 'inspect', name)) as Inspected[];
    assert.ok(network);
    return network;
  };

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-fv', ...ids);
    for (const name of await names('type=custom')) await ok('network', 'rm', name);
  });

  it('makes a network whose containers find one another by name, alias and short id', async () => {
    const id = await ok(
      'network',
      'create',
      '--label',
      'team=a',
      '-o',
      'com.docker.network.driver.mtu=1400',
      'app',
    );
    assert.match(id, /^[0-9a-f]{64}$/);
    const db = await sleeper('db', '--network', 'app', '--network-alias', 'store');
    await sleeper('web', '--network', id.slice(0, 12));
    const { Containers, Labels, Options, IPAM } = await inspect('app');
    assert.deepEqual([Labels, Options], [{ team: 'a' }, { 'com.docker.network.driver.mtu': '1400' }]);
    const [config] = IPAM.Config;
    assert.match(config?.Subnet ?? '', /^[\d.]+\/\d+$/);
    assert.match(Containers[db]?.IPv4Address ?? '', /^[\d.]+\/\d+$/);
    assert.equal(Containers[db]?.Name, 'db');
    for (const name of ['db', 'store', db.slice(0, 12)]) await ok('exec', 'web', 'ping', '-c1', '-W2', name);
    assert.match(await ok('exec', 'web', 'cat', '/etc/resolv.conf'), /^nameserver 127\.0\.0\.11$/m);
    await ok('rename', 'db', 'base');
    await ok('exec', 'web', 'ping', '-c1', '-W2', 'base');
  });

  it('survives a death of the daemon with all of its networks', async () => {
    await ok('network', 'create', 'one');
    await ok('network', 'create', 'two');
    await sleeper('db', '--network', 'two');
    await sleeper('web', '--network', 'one');
    await ok('network', 'connect', 'two', 'web');
    await fixture.daemon.kill();
    await fixture.daemon.start();
    assert.deepEqual(await names('type=custom'), ['one', 'two']);
    await ok('exec', 'web', 'ping', '-c1', '-W2', 'db');
    await ok('network', 'disconnect', 'two', 'web');
  });

  it('removes a network only when nobody is in it, and prunes the rest', async () => {
    await ok('network', 'create', 'used');
    await ok('network', 'create', '--label', 'keep=1', 'kept');
    await ok('network', 'create', 'free');
    await sleeper('web', '--network', 'used');
    const refused = await docker('network', 'rm', 'used');
    assert.match(refused.stderr, /network used has active endpoints \(name:"web" id:"[0-9a-f]{12}"\)/);
    const reply = await fixture.daemon.call('/v1.51/networks/used', { method: 'DELETE' });
    assert.equal(reply.status, 403);
    assert.deepEqual(await names('dangling=true'), ['free', 'kept']);
    assert.match(await ok('network', 'prune', '-f', '--filter', 'label!=keep'), /Deleted Networks:\nfree/);
    assert.deepEqual(await names('type=custom'), ['kept', 'used']);
  });

  const refused: [args: string[], words: RegExp][] = [
    [['--subnet', '10.0.0.0/33'], /invalid subnet 10\.0\.0\.0\/33: invalid CIDR block notation/],
    [['--subnet', '10.214.0.1/24'], /invalid subnet 10\.214\.0\.1\/24: it should be 10\.214\.0\.0\/24/],
  ];
  for (const [args, words] of refused) {
    it(`refuses to create with ${args.join(' ')}`, async () => {
      assert.match((await docker('network', 'create', ...args, 'bad')).stderr, words);
      assert.deepEqual(await names('type=custom'), []);
    });
  }

  it('tells of what happens to networks', async () => {
    const since = String(Date.now() / 1000 - 1);
    await ok('network', 'create', 'told');
    await ok('run', '--rm', '--network', 'told', busybox(), 'true');
    await ok('network', 'rm', 'told');
    const events = await ok(
      'events',
      '--since',
      since,
      '--until',
      String(Date.now() / 1000),
      '--filter',
      'network=told',
      '--format',
      '{{.Action}} {{.Actor.Attributes.type}}',
    );
    assert.deepEqual(events.split('\n'), [
      'create bridge',
      'connect bridge',
      'disconnect bridge',
      'destroy bridge',
    ]);
  });
});
