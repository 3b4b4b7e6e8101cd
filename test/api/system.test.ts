import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { freePort } from '../support/free-port.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { startLoginRegistry } from './clients/cli/login-registry.ts';

const usageSchema = z.object({
  LayersSize: z.number(),
  Images: z
    .array(z.looseObject({ Size: z.number(), SharedSize: z.number(), Containers: z.number() }))
    .nullable(),
  Containers: z
    .array(z.looseObject({ Names: z.array(z.string()), SizeRw: z.number(), SizeRootFs: z.number() }))
    .nullable(),
  Volumes: z
    .array(
      z.looseObject({
        Name: z.string(),
        UsageData: z.object({ Size: z.number(), RefCount: z.number() }),
      }),
    )
    .nullable(),
  BuildCache: z.array(z.unknown()).nullable(),
});

describe('the system', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox', 'demo']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const usage = async (query = '') =>
    usageSchema.parse((await fixture.daemon.call(`/system/df${query}`)).json());
  const info = async () =>
    z
      .looseObject({ ID: z.string(), Labels: z.array(z.string()), NEventsListener: z.number() })
      .parse((await fixture.daemon.call('/info')).json());

  it('tells what it takes, layers counted once', async () => {
    await ok('volume', 'create', 'kept');
    await ok('tag', fixture.image('busybox'), 'same:again');
    const script = 'head -c 1000000 /dev/zero > /data/file; head -c 300000 /dev/zero > /own';
    await ok('run', '--name', 'writer', '-v', 'kept:/data', fixture.image('busybox'), 'sh', '-c', script);
    const { LayersSize, Images, Containers, Volumes, BuildCache } = await usage();
    const [writer] = Containers ?? [];
    assert.equal(writer?.SizeRw, 300_000);
    assert.ok((writer?.SizeRootFs ?? 0) > 300_000);
    assert.deepEqual(
      Volumes?.map(({ Name, UsageData }) => [Name, UsageData.Size, UsageData.RefCount]),
      [['kept', 1_000_000, 1]],
    );
    const unique = (Images ?? []).reduce((sum, { Size, SharedSize }) => sum + Size - SharedSize, 0);
    const shared = Math.max(...(Images ?? []).map(({ SharedSize }) => SharedSize));
    assert.ok(LayersSize >= unique && LayersSize <= unique + shared * (Images?.length ?? 0));
    assert.equal(
      Images?.reduce((sum, image) => sum + image.Containers, 0),
      1,
    );
    assert.deepEqual(BuildCache, []);
  });

  it('prints it with docker system df, and -v', async () => {
    const table = await ok('system', 'df');
    assert.match(table, /^Images +2 +1 /m);
    assert.match(table, /^Containers +1 +0 +300kB +300kB \(100%\)/m);
    assert.match(table, /^Local Volumes +1 +1 +1MB +0B \(0%\)/m);
    assert.match(await ok('system', 'df', '-v'), /^kept +1 +1MB/m);
  });

  it('tells of some kinds only, and refuses others', async () => {
    const volumes = await usage('?type=volume');
    assert.equal(volumes.Images, null);
    assert.equal(volumes.Containers, null);
    assert.equal(volumes.Volumes?.length, 1);
    const both = await usage('?type=container&type=image');
    assert.equal(both.Volumes, null);
    assert.equal(both.Containers?.length, 1);
    const unknown = await fixture.daemon.call('/system/df?type=moon');
    assert.equal(unknown.status, 400);
    assert.match(unknown.text, /unknown object type: moon/);
  });

  it('keeps its id over a restart, and its epoch not', async () => {
    const before = await info();
    await fixture.daemon.restart();
    const after = await info();
    assert.equal(after.ID, before.ID);
    assert.notDeepEqual(after.Labels, before.Labels);
  });

  it('tells with docker info what runs and what the machine offers', async () => {
    await ok('run', '-d', '--name', 'running', fixture.image('busybox'), 'sleep', '60');
    await ok('run', '-d', '--name', 'frozen', fixture.image('busybox'), 'sleep', '60');
    await ok('pause', 'frozen');
    const text = await ok('info');
    assert.match(text, / Containers: 3\n  Running: 1\n  Paused: 1\n  Stopped: 1\n/);
    assert.match(text, / Logging Driver: json-file\n Cgroup Driver: cgroupfs\n Cgroup Version: [12]\n/);
    assert.match(text, /  Log: json-file local/);
    assert.match(text, / Default Runtime: (?:crun|runc)\n/);
    assert.match(text, / Live Restore Enabled: true/);
    assert.equal((await info()).NEventsListener, 0);
  });

  it('names the programs that it stands on with docker version', async () => {
    const text = await ok('version');
    for (const name of ['Engine', 'conmon', 'node']) assert.match(text, new RegExp(`^ ${name}:$`, 'm'));
    assert.match(text, /^ (?:crun|runc):\n {2}Version: +\d/m);
  });

  it('is no swarm manager and has no plugins', async () => {
    assert.match((await fixture.daemon.docker(['node', 'ls'])).stderr, /This node is not a swarm manager/);
    assert.equal((await fixture.daemon.call('/swarm')).status, 503);
    assert.equal((await fixture.daemon.call('/plugins')).text.trim(), '[]');
    assert.equal((await fixture.daemon.call('/session', { method: 'POST' })).status, 501);
  });

  it('logs in at a registry with the right password alone', async () => {
    await using registry = await startLoginRegistry();
    await using directory = await makeTempDir('strata-login-');
    const { host, user, password } = registry;
    const env = { DOCKER_CONFIG: join(directory.path, 'docker') };
    const login = (input: string) =>
      fixture.daemon.docker(['login', '-u', user, '--password-stdin', host], { input, env });
    const wrong = await login('guess');
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.stderr,
      /login attempt to http:\/\/127\.0\.0\.1:\d+\/v2\/ failed with status: 401 Unauthorized/,
    );
    assert.match((await login(password)).stdout, /Login Succeeded/);
    const call = { method: 'POST', body: { username: user, password: 'x', serveraddress: host } };
    assert.equal((await fixture.daemon.call('/auth', call)).status, 401);
    const nobody = { ...call, body: { ...call.body, serveraddress: `127.0.0.1:${await freePort()}` } };
    assert.match((await fixture.daemon.call('/auth', nobody)).text, /ECONNREFUSED/);
  });
});
