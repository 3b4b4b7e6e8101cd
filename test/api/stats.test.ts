import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { useDaemon } from '../support/use-daemon.ts';

const cpu = z.looseObject({
  cpu_usage: z.looseObject({ total_usage: z.number() }),
  system_cpu_usage: z.number().optional(),
  online_cpus: z.number().optional(),
});
const statsSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  read: z.string(),
  preread: z.string(),
  pids_stats: z.looseObject({ current: z.number().optional(), limit: z.number().optional() }),
  cpu_stats: cpu,
  precpu_stats: cpu,
  memory_stats: z.looseObject({
    usage: z.number().optional(),
    limit: z.number().optional(),
    stats: z.record(z.string(), z.number()).optional(),
  }),
  networks: z.record(z.string(), z.looseObject({ rx_bytes: z.number(), tx_bytes: z.number() })).optional(),
});
type Stats = z.infer<typeof statsSchema>;

describe('container statistics', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const start = (name: string, script: string, ...options: string[]) =>
    ok('run', '-d', '--name', name, ...options, fixture.image('busybox'), 'sh', '-c', script);
  const once = async (name: string, query: string): Promise<Stats> =>
    statsSchema.parse((await fixture.daemon.call(`/containers/${name}/stats?${query}`)).json());

  /** The first objects of a stream; then the client goes. */
  const stream = (name: string, count: number): Promise<Stats[]> =>
    new Promise((resolve, reject) => {
      const path = `/containers/${name}/stats`;
      const outgoing = request({ socketPath: fixture.daemon.socket, path }, (response) => {
        let text = '';
        const objects = () =>
          text
            .split('\n')
            .slice(0, -1)
            .map((line) => statsSchema.parse(JSON.parse(line)));
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (objects().length < count) return;
          response.destroy();
          resolve(objects());
        });
        response.once('end', () => resolve(objects()));
        response.once('error', reject);
      });
      outgoing.once('error', reject).end();
    });

  it('are printed by docker stats', async () => {
    await start('busy', 'while :; do :; done', '-m', '64m', '--pids-limit', '50');
    const format = '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}} {{.NetIO}}';
    const line = await ok('stats', '--no-stream', '--format', format, 'busy');
    const [, percent = '', memory = '', pids = ''] = /^busy ([\d.]+)% (\S+ \/ 64MiB) (\d+) /.exec(line) ?? [];
    assert.ok(Number(percent) > 20 && Number(percent) < 110, line);
    assert.notEqual(memory, '', line);
    assert.equal(pids, '1');
  });

  it('come one a second as a stream, each with the one before', async () => {
    const [first, second, third] = await stream('busy', 3);
    assert.ok(first && second && third);
    assert.equal(first.preread, '0001-01-01T00:00:00Z');
    assert.equal(second.preread, first.read);
    assert.deepEqual(third.precpu_stats, second.cpu_stats);
    const pause = Date.parse(third.read) - Date.parse(second.read);
    assert.ok(pause > 700 && pause < 2000, String(pause));
    assert.ok(third.cpu_stats.cpu_usage.total_usage > second.cpu_stats.cpu_usage.total_usage);
    assert.ok((third.cpu_stats.system_cpu_usage ?? 0) > (second.cpu_stats.system_cpu_usage ?? 0));
  });

  it('are one object at once with one-shot, two samples in one without', async () => {
    const started = Date.now();
    const shot = await once('busy', 'stream=false&one-shot=true');
    assert.ok(Date.now() - started < 500);
    assert.equal(shot.precpu_stats.system_cpu_usage, undefined);
    assert.equal(shot.pids_stats.limit, 50);
    assert.equal(shot.memory_stats.limit, 64 * 1024 * 1024);
    const pair = await once('busy', 'stream=false');
    assert.ok(pair.precpu_stats.cpu_usage.total_usage > 0);
    const both = await fixture.daemon.call('/containers/busy/stats?stream=1&one-shot=1');
    assert.equal(both.status, 400);
  });

  it('count the traffic of every interface, and none of the host’s', async () => {
    await start(
      'traffic',
      'ping -c 3 -W 1 $(ip route | sed -n "s/default via \\([^ ]*\\).*/\\1/p"); sleep 60',
    );
    await ok('exec', 'traffic', 'sleep', '1');
    const { networks } = await once('traffic', 'stream=false&one-shot=true');
    assert.deepEqual(Object.keys(networks ?? {}), ['eth0']);
    assert.ok((networks?.['eth0']?.tx_bytes ?? 0) > 0);
    await start('on-host', 'sleep 60', '--network', 'host');
    assert.equal((await once('on-host', 'stream=false&one-shot=true')).networks, undefined);
  });

  it('leave the page cache to the client to take off', async () => {
    await start('cached', 'dd if=/dev/zero of=/file bs=1M count=20; sleep 60');
    await ok('exec', 'cached', 'sh', '-c', 'while [ $(wc -c </file) -lt 20971520 ]; do sleep 0.1; done');
    const { memory_stats: memory } = await once('cached', 'stream=false&one-shot=true');
    const inactive = memory.stats?.['total_inactive_file'] ?? memory.stats?.['inactive_file'] ?? 0;
    assert.ok(inactive > 10_000_000);
    assert.ok((memory.usage ?? 0) > inactive);
  });

  it('are read from a paused container', async () => {
    await ok('pause', 'busy');
    const paused = await once('busy', 'stream=false&one-shot=true');
    assert.ok(paused.cpu_stats.cpu_usage.total_usage > 0);
    await ok('unpause', 'busy');
  });

  it('are empty for a container that does not run', async () => {
    await ok('create', '--name', 'stopped', fixture.image('busybox'));
    const none = await once('stopped', 'stream=false');
    assert.equal(none.name, '/stopped');
    assert.equal(none.read, '0001-01-01T00:00:00Z');
    assert.deepEqual(none.memory_stats, {});
    assert.equal(none.cpu_stats.cpu_usage.total_usage, 0);
  });

  it('end with the container', async () => {
    await start('removed', 'sleep 60');
    const streaming = stream('removed', 100);
    setTimeout(() => void ok('rm', '-f', 'removed'), 1500);
    const got = await streaming;
    assert.ok(got.length >= 1 && got.length < 100);
  });
});
