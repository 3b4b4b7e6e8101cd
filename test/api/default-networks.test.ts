import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';

describe('docker on the networks that are always there', function () {
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

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-fv', ...ids);
  });

  it('always has bridge, host and none, which can be neither made nor removed', async () => {
    assert.deepEqual(await names(), ['bridge', 'host', 'none']);
    assert.deepEqual(await names('driver=null'), ['none']);
    for (const name of ['bridge', 'host', 'none']) {
      const removed = await docker('network', 'rm', name);
      assert.match(removed.stderr, new RegExp(`${name} is a pre-defined network and cannot be removed`));
      assert.match(
        (await docker('network', 'create', name)).stderr,
        /operation is not permitted on predefined/,
      );
    }
  });

  it('links containers of the default bridge', async () => {
    await sleeper('db', '--expose', '5432', '-e', 'SECRET=1');
    const text = await ok(
      'run',
      '--rm',
      '--link',
      'db:my-db',
      busybox(),
      'sh',
      '-c',
      'ping -c1 -W2 my-db >/dev/null && env && cat /etc/hosts',
    );
    assert.match(text, /^MY_DB_PORT_5432_TCP_PORT=5432$/m);
    assert.match(text, /^MY_DB_ENV_SECRET=1$/m);
    assert.match(text, /\tmy-db$/m);
    assert.match(
      (await docker('run', '--link', 'nope', busybox())).stderr,
      /could not get container for nope/,
    );
  });

  it('shares the network and the files of another container, which has to run', async () => {
    await sleeper('web', '--hostname', 'www');
    const look = 'hostname; ip -4 addr show eth0; cat /etc/hosts';
    const side = await ok('run', '--rm', '--network', 'container:web', busybox(), 'sh', '-c', look);
    const address = await ok('inspect', '-f', '{{.NetworkSettings.Networks.bridge.IPAddress}}', 'web');
    assert.match(side, new RegExp(`^www\n[^]*inet ${address}/[^]*${address}\twww`));
    const refused = await docker('run', '--rm', '--network', 'container:web', '-p', '80', busybox(), 'true');
    assert.match(refused.stderr, /conflicting options: port publishing and the container type network mode/);
    await ok('kill', 'web');
    await ok('wait', 'web');
    const late = await docker('run', '--rm', '--network', 'container:web', busybox(), 'true');
    assert.match(
      late.stderr,
      /cannot join network namespace of a non running container: container web is exited/,
    );
  });

  it('shows the names of the host in its network, and no network at all in none', async () => {
    const hosts = await ok('run', '--rm', '--network', 'host', busybox(), 'cat', '/etc/hosts');
    assert.equal(hosts, (await readFile('/etc/hosts', 'utf8')).trim());
    const links = await ok('run', '--rm', '--network', 'none', busybox(), 'ls', '/sys/class/net');
    assert.equal(links, 'lo');
  });

  it('knows of an alias or a fixed address only in networks that users make', async () => {
    const NetworkingConfig = { EndpointsConfig: { bridge: { Aliases: ['x'] } } };
    const body = { Image: busybox(), NetworkingConfig };
    const alias = await fixture.daemon.call('/v1.51/containers/create', { method: 'POST', body });
    assert.equal(alias.status, 400);
    assert.match(
      alias.text,
      /network-scoped alias is supported only for containers in user defined networks/,
    );
    const fixed = await docker('run', '--rm', '--ip', '172.17.0.99', busybox(), 'true');
    assert.match(fixed.stderr, /user specified IP address is supported on user defined networks only/);
    assert.equal(await ok('ps', '-aq'), '');
  });

  const refused: [args: string[], words: RegExp][] = [
    [['-d', 'nope'], /plugin "nope" not found/],
    [['-d', 'overlay'], /not a swarm manager/],
    [['--ingress'], /not a swarm manager/],
    [['--scope', 'swarm'], /not a swarm manager/],
    [['--config-only'], /not supported/],
  ];
  for (const [args, words] of refused) {
    it(`refuses to make one with ${args.join(' ')}`, async () => {
      assert.match((await docker('network', 'create', ...args, 'bad')).stderr, words);
      assert.deepEqual(await names('type=custom'), []);
    });
  }
});
