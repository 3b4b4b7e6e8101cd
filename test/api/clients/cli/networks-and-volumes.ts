import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { lines, type Client } from './client.ts';

/** `docker network` and `docker volume`. */
export function networksAndVolumesTests(client: () => Client): void {
  const ok = (...args: string[]) => client().ok(...args);

  describe('networks of one’s own', () => {
    it('containers of a network find each other by name and alias', async () => {
      assert.match(
        await ok('network', 'create', '--subnet', '10.211.7.0/24', '--label', 'a=b', 'inner'),
        /^[0-9a-f]{64}$/,
      );
      await client().sleeper('db', '--network', 'inner', '--network-alias', 'store', '--ip', '10.211.7.9');
      const found = await ok('run', '--rm', '--network', 'inner', 'busybox', 'ping', '-c', '1', 'store');
      assert.match(found, /10\.211\.7\.9/);
      assert.match(
        await ok('run', '--rm', '--network', 'inner', 'busybox', 'nslookup', 'db'),
        /10\.211\.7\.9/,
      );
      const alone = await client().docker('run', '--rm', 'busybox', 'ping', '-c', '1', '-W', '1', 'db');
      assert.notEqual(alone.code, 0);
      const format =
        '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}} {{(index .IPAM.Config 0).Subnet}}';
      assert.equal(await ok('network', 'inspect', '-f', format, 'inner'), 'db 10.211.7.9/24 10.211.7.0/24');
    });

    it('network connect and disconnect change a running container', async () => {
      await ok('network', 'create', 'late');
      await client().sleeper('box');
      await client().sleeper('other', '--network', 'late');
      await ok('network', 'connect', '--alias', 'boxy', 'late', 'box');
      assert.match(await ok('exec', 'box', 'ping', '-c', '1', 'other'), /1 packets received/);
      assert.match(await ok('exec', 'other', 'ping', '-c', '1', 'boxy'), /1 packets received/);
      assert.equal(lines(await ok('exec', 'box', 'ls', '/sys/class/net')).length, 3);
      await ok('network', 'disconnect', 'late', 'box');
      assert.equal(lines(await ok('exec', 'box', 'ls', '/sys/class/net')).length, 2);
      await client().fails(1, /is not connected/, 'network', 'disconnect', 'late', 'box');
      await client().fails(1, /active endpoints/, 'network', 'rm', 'late');
    });

    it('network ls, rm and prune', async () => {
      const names = async (...args: string[]) =>
        lines(await ok('network', 'ls', '--format', '{{.Name}}', ...args)).toSorted();
      assert.deepEqual(await names(), ['bridge', 'host', 'none']);
      await ok('network', 'create', '--label', 'x=y', 'mine');
      await ok('network', 'create', 'gone');
      assert.deepEqual(await names('--filter', 'label=x'), ['mine']);
      assert.deepEqual(await names('--filter', 'name=go'), ['gone']);
      assert.deepEqual(await names('--filter', 'type=custom'), ['gone', 'mine']);
      assert.equal(await ok('network', 'rm', 'gone'), 'gone');
      await client().fails(1, /(already exists|exists)/, 'network', 'create', 'mine');
      await client().fails(1, /(not found|No such network)/i, 'network', 'rm', 'gone');
      await client().fails(1, /pre-defined/, 'network', 'rm', 'bridge');
      assert.match(await ok('network', 'prune', '-f'), /Deleted Networks:\nmine/);
      assert.match(lines(await ok('network', 'ls'))[0] ?? '', /^NETWORK ID +NAME +DRIVER +SCOPE$/);
    });

    it('an internal network leads nowhere else', async () => {
      await ok('network', 'create', '--internal', 'closed');
      assert.equal(await ok('network', 'inspect', '-f', '{{.Internal}}', 'closed'), 'true');
      const routes = await ok('run', '--rm', '--network', 'closed', 'busybox', 'ip', 'route');
      assert.doesNotMatch(routes, /default/);
    });
  });

  it('volumes are made, listed, kept while in use, and pruned', async () => {
    assert.equal(await ok('volume', 'create', '--label', 'a=b', 'kept'), 'kept');
    await client().sleeper('box', '-v', 'kept:/data', '-v', '/anonymous');
    assert.equal(lines(await ok('volume', 'ls', '-q')).length, 2);
    assert.equal(await ok('volume', 'ls', '-q', '--filter', 'label=a=b'), 'kept');
    assert.match(lines(await ok('volume', 'ls'))[0] ?? '', /^DRIVER +VOLUME NAME$/);
    const format = '{{.Driver}} {{.Scope}} {{index .Labels "a"}} {{.Mountpoint}}';
    assert.match(await ok('volume', 'inspect', '-f', format, 'kept'), /^local local b \/.*kept/);
    await client().fails(1, /volume is in use/, 'volume', 'rm', 'kept');
    await ok('rm', '-f', 'box');
    assert.equal(await ok('volume', 'rm', 'kept'), 'kept');
    await client().fails(1, /no such volume/i, 'volume', 'inspect', 'kept');
    assert.match(await ok('volume', 'prune', '-f'), /Total reclaimed space: \d+B/);
    assert.match(await ok('volume', 'create'), /^[0-9a-f]{64}$/);
    await client().fails(1, /includes invalid characters/, 'volume', 'create', 'a b');
  });

  it('--volumes-from brings the mounts of another container', async () => {
    await client().sleeper('box', '-v', 'kept:/data', '-v', '/anonymous');
    await ok('exec', 'box', 'sh', '-c', 'echo 1 > /data/a; echo 2 > /anonymous/b');
    const script = 'cat /data/a /anonymous/b; touch /data/no 2>/dev/null || echo ro';
    assert.equal(
      await ok('run', '--rm', '--volumes-from', 'box:ro', 'busybox', 'sh', '-c', script),
      '1\n2\nro',
    );
  });
}
