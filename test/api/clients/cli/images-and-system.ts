import assert from 'node:assert/strict';
import { it } from 'mocha';
import { startLoginRegistry } from './login-registry.ts';
import { lines, type Client } from './client.ts';

/** `docker image`, `login`, `system`, `info` and `version`. */
export function imagesAndSystemTests(client: () => Client): void {
  const ok = (...args: string[]) => client().ok(...args);

  it('image ls, inspect, history, tag and rmi', async () => {
    assert.match(lines(await ok('image', 'ls'))[0] ?? '', /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
    await ok('tag', 'busybox', 'strata.test/team/box:v2');
    const rows = await ok('images', '--format', '{{.Repository}}:{{.Tag}}', 'strata.test/team/box');
    assert.equal(rows, 'strata.test/team/box:v2');
    assert.equal(
      await ok('images', '-q', 'busybox'),
      await ok('images', '-q', '--filter', 'reference=strata.test/*/*'),
    );
    assert.match(
      await ok('image', 'inspect', '-f', '{{.Os}} {{.Architecture}} {{json .Config.Cmd}}', 'busybox'),
      /^linux \w+ \["sh"\]$/,
    );
    assert.match(
      await ok('history', '--format', '{{.CreatedBy}} {{.Size}}', 'busybox'),
      /busybox-static of Debian.* [\d.]+MB/,
    );
    assert.equal(await ok('rmi', 'strata.test/team/box:v2'), 'Untagged: strata.test/team/box:v2');
    await client().fails(1, /No such image/i, 'rmi', 'strata.test/team/box:v2');
    await client().sleeper('user');
    await client().fails(1, /image is being used by running container|conflict/, 'rmi', 'busybox');
  });

  it('login checks the password with the registry; pull then uses it', async () => {
    await using registry = await startLoginRegistry();
    const login = (password: string) =>
      client().piped(password, 'login', '--username', registry.user, '--password-stdin', registry.host);
    const refused = await login('wrong');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /unauthorized|401/i);
    const pull = ['pull', '-q', `${registry.host}/busybox`];
    await client().fails(
      1,
      /no basic auth credentials|unauthorized|authentication required|denied/i,
      ...pull,
    );
    const accepted = await login(registry.password);
    assert.match(accepted.stdout, /Login Succeeded/);
    assert.match(await ok(...pull), /busybox/);
    await ok('rmi', `${registry.host}/busybox`);
    await ok('logout', registry.host);
    await client().fails(
      1,
      /no basic auth credentials|unauthorized|authentication required|denied/i,
      ...pull,
    );
  });

  it('system df counts images, containers and volumes', async () => {
    await client().sleeper('box', '-v', 'kept:/data');
    await ok('exec', 'box', 'sh', '-c', 'head -c 5000 /dev/zero > /data/f; head -c 7000 /dev/zero > /g');
    const rows = lines(
      await ok('system', 'df', '--format', '{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}'),
    );
    const byType = new Map(rows.map((row) => [row.split('|')[0], row]));
    assert.match(byType.get('Images') ?? '', /^Images\|\d+\|1\|[\d.]+[MG]B$/);
    assert.match(byType.get('Containers') ?? '', /^Containers\|1\|1\|7[\d.]*kB$/);
    assert.match(byType.get('Local Volumes') ?? '', /^Local Volumes\|1\|1\|5[\d.]*kB$/);
    const verbose = await ok('system', 'df', '-v');
    for (const words of [/Images space usage:/, /Containers space usage:/, /kept +1 +5/])
      assert.match(verbose, words);
  });

  it('info and version tell the truth', async () => {
    await client().sleeper('box');
    const info = JSON.parse(await ok('info', '--format', '{{json .}}')) as Record<string, unknown>;
    assert.equal(info['ContainersRunning'], 1);
    assert.equal(info['OSType'], 'linux');
    assert.equal(info['NCPU'], (await import('node:os')).availableParallelism());
    assert.equal(info['ServerErrors'] ?? null, null);
    const text = await ok('info');
    for (const words of [
      /Server Version:/,
      /Storage Driver:/,
      /Cgroup Driver:/,
      /Kernel Version:/,
      /Total Memory:/,
    ])
      assert.match(text, words);
    assert.match(
      await ok('version', '-f', '{{.Server.APIVersion}} {{.Server.MinAPIVersion}} {{.Server.Os}}'),
      /^1\.\d+ 1\.24 linux$/,
    );
    assert.match(await ok('version'), /Server:/);
  });

  it('what a plain engine lacks is said in words that scripts know', async () => {
    await client().fails(1, /not a swarm manager/, 'service', 'ls');
    await client().fails(1, /not a swarm manager/, 'node', 'ls');
    assert.equal(await ok('plugin', 'ls', '-q'), '');
  });
}
