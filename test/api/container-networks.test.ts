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

describe('docker on the networks of containers', function () {
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

  it('gives the addresses and names that were asked for, and echoes them', async () => {
    await ok(
      'network',
      'create',
      '--subnet',
      '10.213.7.0/24',
      '--ipv6',
      '--subnet',
      'fd00:213:7::/64',
      'fixed',
    );
    await sleeper(
      'web',
      '--network',
      'fixed',
      '--ip',
      '10.213.7.9',
      '--ip6',
      'fd00:213:7::9',
      '--mac-address',
      '02:42:0a:00:00:09',
      '--add-host',
      'some:1.2.3.4',
    );
    const format =
      '{{with .NetworkSettings.Networks.fixed}}{{.IPAddress}} {{.GlobalIPv6Address}} {{.MacAddress}} {{.IPAMConfig.IPv4Address}} {{.DNSNames}}{{end}}';
    const id = await ok('inspect', '-f', '{{.Id}}', 'web');
    const shown = `10.213.7.9 fd00:213:7::9 02:42:0a:00:00:09 10.213.7.9 [web ${id.slice(0, 12)}]`;
    assert.equal(await ok('inspect', '-f', format, 'web'), shown);
    assert.match(
      await ok('exec', 'web', 'ip', 'addr', 'show', 'eth0'),
      /02:42:0a:00:00:09[^]*10\.213\.7\.9\/24/,
    );
    assert.match(await ok('exec', 'web', 'cat', '/etc/hosts'), /^1\.2\.3\.4\tsome$/m);
    const outside = await docker('run', '--rm', '--network', 'fixed', '--ip', '10.1.1.1', busybox(), 'true');
    assert.match(outside.stderr, /no configured subnet or ip-range contain the IP address 10\.1\.1\.1/);
    await ok('network', 'create', 'picked');
    const refused = await docker('run', '--rm', '--network', 'picked', '--ip', '10.1.1.1', busybox(), 'true');
    assert.match(refused.stderr, /only when connecting to networks with user configured subnets/);
    assert.equal((await ok('ps', '-aq')).split('\n').length, 1);
  });

  it('connects and disconnects a running container', async () => {
    await ok('network', 'create', 'one');
    await ok('network', 'create', 'two');
    await sleeper('web', '--network', 'one');
    await sleeper('db', '--network', 'two');
    assert.notEqual((await docker('exec', 'web', 'ping', '-c1', '-W1', 'db')).code, 0);
    await ok('network', 'connect', '--alias', 'shop', 'two', 'web');
    await ok('exec', 'web', 'ping', '-c1', '-W2', 'db');
    await ok('exec', 'db', 'ping', '-c1', '-W2', 'shop');
    assert.equal((await ok('exec', 'web', 'ls', '/sys/class/net')).includes('eth1'), true);
    const again = await docker('network', 'connect', 'two', 'web');
    assert.match(again.stderr, /endpoint with name web already exists in network two/);
    await ok('network', 'disconnect', 'two', 'web');
    assert.notEqual((await docker('exec', 'web', 'ping', '-c1', '-W1', 'db')).code, 0);
    const twice = await docker('network', 'disconnect', 'two', 'web');
    assert.match(twice.stderr, /is not connected to network two/);
    assert.deepEqual(Object.keys((await inspect('two')).Containers).length, 1);
  });

  it('connects a stopped container at its next start, and keeps ids for clients that compare them', async () => {
    const one = await ok('network', 'create', 'one');
    const two = await ok('network', 'create', 'two');
    await ok('create', '--name', 'web', '--network', 'one', busybox(), 'sleep', '300');
    await ok('network', 'connect', 'two', 'web');
    const ids = '{{range $n, $e := .NetworkSettings.Networks}}{{$n}}={{$e.NetworkID}} {{end}}';
    const shown = `one=${one} two=${two}`;
    assert.equal(await ok('inspect', '-f', ids, 'web'), shown);
    await ok('start', 'web');
    assert.match(await ok('exec', 'web', 'ls', '/sys/class/net'), /eth0\neth1/);
    await ok('kill', 'web');
    await ok('wait', 'web');
    assert.equal(await ok('inspect', '-f', ids, 'web'), shown);
  });

  it('does not start a container whose network has gone', async () => {
    await ok('network', 'create', 'gone');
    await ok('create', '--name', 'web', '--network', 'gone', busybox(), 'true');
    await ok('network', 'rm', 'gone');
    const failed = await docker('start', 'web');
    assert.match(failed.stderr, /network [0-9a-f]{64} not found/);
    const reply = await fixture.daemon.call('/v1.51/containers/web/start', { method: 'POST' });
    assert.equal(reply.status, 404);
    const never = await docker('run', '--rm', '--network', 'nope', busybox(), 'true');
    assert.match(never.stderr, /network nope not found/);
    assert.equal(never.code, 125);
  });

  it('shares the network and the files of another container', async () => {
    await ok('network', 'create', 'app');
    await sleeper('web', '--network', 'app', '--hostname', 'www');
    const side = await ok(
      'run',
      '--rm',
      '--network',
      'container:web',
      busybox(),
      'sh',
      '-c',
      'hostname; ip -4 addr show eth0; cat /etc/hosts',
    );
    const address = await ok('inspect', '-f', '{{.NetworkSettings.Networks.app.IPAddress}}', 'web');
    assert.match(side, new RegExp(`^www\n[^]*inet ${address}/[^]*${address}\twww`));
    const refused = await docker('run', '--rm', '--network', 'container:web', '-p', '80', busybox(), 'true');
    assert.match(refused.stderr, /conflicting options: port publishing and the container type network mode/);
  });

  it('shows published ports in inspect, ps and port', async () => {
    await ok('network', 'create', 'app');
    await sleeper('web', '--network', 'app', '-p', '127.0.0.1::80', '--expose', '81');
    const port = await ok('port', 'web', '80');
    assert.match(port, /^127\.0\.0\.1:\d+$/);
    assert.equal(await ok('ps', '--format', '{{.Ports}} {{.Networks}}'), `81/tcp, ${port}->80/tcp app`);
    await ok('stop', '-t', '0', 'web');
    assert.equal(await ok('inspect', '-f', '{{json .NetworkSettings.Ports}}', 'web'), '{}');
  });

  it('takes clients of API 1.41, which know one network and the short id as an alias', async () => {
    await ok('network', 'create', 'app');
    const { daemon } = fixture;
    const create = (body: object) => daemon.call('/v1.41/containers/create', { method: 'POST', body });
    const two = { EndpointsConfig: { app: {}, bridge: {} } };
    const refused = await create({ Image: busybox(), NetworkingConfig: two });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /Container cannot be connected to network endpoints: app, bridge/);
    const made = await create({
      Image: busybox(),
      HostConfig: { NetworkMode: 'app' },
      MacAddress: '02:42:00:00:00:07',
    });
    const { Id } = made.json() as { Id: string };
    const aliases = async (version: string) => {
      const reply = await daemon.call(`/${version}/containers/${Id}/json`);
      const { NetworkSettings } = reply.json() as {
        NetworkSettings: { Networks: { app: { Aliases: string[] | null; MacAddress: string } } };
      };
      assert.equal(NetworkSettings.Networks.app.MacAddress, '02:42:00:00:00:07');
      return NetworkSettings.Networks.app.Aliases;
    };
    assert.deepEqual(await aliases('v1.41'), [Id.slice(0, 12)]);
    assert.equal(await aliases('v1.45'), null);
  });
});
