import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

interface Line {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: string;
  time: number;
  status?: string;
  from?: string;
}

describe('docker events', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  /** What happened while `work` was done. */
  const during = async (work: () => Promise<unknown>, ...filters: string[]): Promise<Line[]> => {
    const since = (Date.now() / 1000).toFixed(3);
    await work();
    const until = (Date.now() / 1000 + 0.001).toFixed(3);
    const query = filters.length === 0 ? '' : `&filters=${encodeURIComponent(toFilters(filters))}`;
    const { text } = await fixture.daemon.call(`/events?since=${since}&until=${until}${query}`);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  };
  const actions = (lines: Line[]) =>
    lines.map(({ Type, Action }) => (Type === 'container' ? Action : `${Type} ${Action}`));
  const ofContainers = (lines: Line[]) =>
    lines.filter(({ Type }) => Type === 'container').map(({ Action }) => Action);

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-f', ...ids);
  });

  it('tell the whole life of a container in Docker’s order', async () => {
    const lines = await during(async () => {
      await ok(
        'run',
        '-d',
        '--name',
        'life',
        '--label',
        'a=b',
        '--stop-signal',
        'KILL',
        busybox(),
        'sleep',
        '300',
      );
      await ok('pause', 'life');
      await ok('unpause', 'life');
      await ok('top', 'life');
      await ok('exec', 'life', 'true');
      await ok('update', '--cpu-shares', '512', 'life');
      await ok('rename', 'life', 'lived');
      await ok('restart', '-t', '1', 'lived');
      await ok('stop', 'lived');
      await ok('rm', 'lived');
      await ok('container', 'prune', '-f');
    });
    const order =
      'create start pause unpause top exec_create:_true exec_start:_true exec_die update rename ' +
      'kill die stop start restart kill die stop destroy prune';
    assert.equal(
      ofContainers(lines)
        .map((action) => action.replace(' ', '_'))
        .join(' '),
      order,
    );
    const of = (action: string) => lines.find(({ Action }) => Action === action);
    const start = of('start');
    assert.deepEqual(start?.Actor.Attributes, { a: 'b', image: busybox(), name: 'life' });
    assert.deepEqual([start?.scope, start?.status, start?.from], ['local', 'start', busybox()]);
    assert.equal(of('kill')?.Actor.Attributes['signal'], '9');
    assert.equal(of('die')?.Actor.Attributes['exitCode'], '137');
    assert.match(of('die')?.Actor.Attributes['execDuration'] ?? '', /^\d+$/);
    assert.equal(of('rename')?.Actor.Attributes['oldName'], '/life');
    assert.match(of('exec_die')?.Actor.Attributes['execID'] ?? '', /^[0-9a-f]{64}$/);
    assert.equal(of('exec_die')?.Actor.Attributes['exitCode'], '0');
    assert.match(of('prune')?.Actor.Attributes['reclaimed'] ?? '', /^\d+$/);
  });

  it('tell attach and an end for want of memory', async () => {
    const lines = await during(async () => {
      await docker(
        'run',
        '--name',
        'fat',
        '-m',
        '16m',
        '--memory-swap',
        '16m',
        busybox(),
        'sh',
        '-c',
        'head -c 100000000 /dev/zero | tail',
      );
    });
    assert.deepEqual(ofContainers(lines).slice(0, 3), ['create', 'attach', 'start']);
    assert.ok(ofContainers(lines).includes('die'));
  });

  it('fit filters of every kind', async () => {
    const work = async () => {
      await ok('run', '--rm', '--name', 'red', '--label', 'colour=red', busybox(), 'true');
      await ok('run', '--rm', '--name', 'blue', '--label', 'colour=blue', busybox(), 'true');
      await ok('volume', 'create', 'jar');
      await ok('volume', 'rm', 'jar');
    };
    const since = (Date.now() / 1000).toFixed(3);
    await work();
    const again = async (...filters: string[]) => {
      const query = `since=${since}&until=${(Date.now() / 1000 + 0.001).toFixed(3)}`;
      const { text } = await fixture.daemon.call(
        `/events?${query}&filters=${encodeURIComponent(toFilters(filters))}`,
      );
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line);
    };
    assert.ok((await again('container=red')).every(({ Actor }) => Actor.Attributes['name'] === 'red'));
    assert.ok((await again('container=red')).length >= 5);
    assert.deepEqual(actions(await again('event=start')), ['start', 'start']);
    assert.deepEqual(actions(await again('event=start', 'event=destroy', 'type=container')), [
      'start',
      'destroy',
      'start',
      'destroy',
    ]);
    assert.deepEqual(actions(await again('label=colour=blue', 'event=create')), ['create']);
    assert.deepEqual(actions(await again('volume=jar')), ['volume create', 'volume destroy']);
    assert.ok((await again('type=volume')).every(({ Type }) => Type === 'volume'));
    assert.ok((await again(`image=${busybox().replace(/:latest$/, '')}`, 'type=container')).length >= 10);
    assert.deepEqual(await again('scope=swarm'), []);
    assert.ok((await again('scope=local')).length > 10);
    assert.equal(
      (await fixture.daemon.call(`/events?until=1&filters=${encodeURIComponent('{"nope":["1"]}')}`)).status,
      400,
    );
  });

  it('end at until, refuse times that make no sense, and follow live', async () => {
    assert.equal((await fixture.daemon.call('/events?since=5&until=4')).status, 400);
    assert.equal((await fixture.daemon.call('/events?since=yesterday')).status, 400);
    const live = ok(
      'events',
      '--until',
      '2s',
      '-f',
      'event=create',
      '--format',
      '{{.Actor.Attributes.name}}',
    ).catch(() => '');
    await live;
    const until = new Date(Date.now() + 2_500).toISOString();
    const follower = ok(
      'events',
      '--until',
      until,
      '-f',
      'event=create',
      '--format',
      '{{.Actor.Attributes.name}}',
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await ok('create', '--name', 'seen', busybox());
    assert.equal(await follower, 'seen');
  });

  it('keep the last 256 for late readers', async () => {
    await ok('create', '--name', 'noisy', busybox());
    const since = Math.floor(Date.now() / 1000) - 1;
    for (let count = 0; count < 300; count += 1)
      await fixture.daemon
        .call(`/containers/noisy/rename?name=noisy${count}`, { method: 'POST' })
        .then(async () =>
          fixture.daemon.call(`/containers/noisy${count}/rename?name=noisy`, { method: 'POST' }),
        );
    const { text } = await fixture.daemon.call(
      `/events?since=${since}&until=${Math.ceil(Date.now() / 1000) + 1}`,
    );
    assert.equal(text.split('\n').filter(Boolean).length, 256);
    await waitFor('the daemon', async () => (await fixture.daemon.call('/_ping')).status === 200);
  });
});

function toFilters(filters: readonly string[]): string {
  const byName: Record<string, string[]> = {};
  for (const filter of filters) {
    const [name = ''] = filter.split('=', 1);
    (byName[name] ??= []).push(filter.slice(name.length + 1));
  }
  return JSON.stringify(byName);
}
