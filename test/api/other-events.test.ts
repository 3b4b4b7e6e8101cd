import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { rawClient, rawRequest, UPGRADE } from '../support/fakes/api-socket.ts';
import { useDaemon } from '../support/use-daemon.ts';

interface Line {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

describe('events of images, volumes and terminals', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const during = async (type: string, work: () => Promise<unknown>): Promise<Line[]> => {
    const since = (Date.now() / 1000).toFixed(3);
    await work();
    const until = (Date.now() / 1000 + 0.001).toFixed(3);
    const filters = encodeURIComponent(JSON.stringify({ type: [type] }));
    const { text } = await fixture.daemon.call(`/events?since=${since}&until=${until}&filters=${filters}`);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  };

  it('carry the labels of an image that is there, and tell a prune', async () => {
    await ok('create', '--name', 'labelled', '--label', 'colour=red', fixture.image('busybox'), 'true');
    const lines = await during('image', async () => {
      await ok('commit', 'labelled', 'red:1');
      await ok('tag', 'red:1', 'red:2');
      await ok('rmi', 'red:1');
      await ok('rmi', 'red:2');
      await ok('image', 'prune', '-f');
    });
    assert.deepEqual(
      lines.map(({ Action, Actor: { Attributes } }) => `${Action} ${Attributes['colour']}`),
      ['create red', 'tag red', 'tag red', 'untag red', 'untag red', 'delete undefined', 'prune undefined'],
    );
    assert.equal(lines[2]?.Actor.Attributes['name'], 'red:2');
    assert.deepEqual(Object.keys(lines.at(-1)?.Actor.Attributes ?? {}), ['reclaimed']);
  });

  it('tell the size of a terminal, and that its user has left a command', async () => {
    await ok('run', '-dt', '--name', 'screen', fixture.image('busybox'), 'cat');
    const exec = await fixture.daemon.call('/containers/screen/exec', {
      method: 'POST',
      body: { Cmd: ['cat'], Tty: true, AttachStdin: true, AttachStdout: true, DetachKeys: 'ctrl-x' },
    });
    const { Id } = exec.json() as { Id: string };
    const lines = await during('container', async () => {
      await fixture.daemon.call('/containers/screen/resize?h=20&w=90', { method: 'POST' });
      const client = rawClient(fixture.daemon.socket);
      client.socket.write(rawRequest(`POST /exec/${Id}/start`, UPGRADE, '{"Tty":true}'));
      await client.until('\r\n\r\n');
      client.socket.write('here\n');
      await client.until('here\r\nhere');
      client.socket.write(Buffer.from([0x18]));
      await client.end();
    });
    const of = (action: string) => lines.find(({ Action }) => Action === action)?.Actor.Attributes ?? {};
    assert.deepEqual([of('resize')['height'], of('resize')['width']], ['20', '90']);
    assert.equal(of('exec_start: cat')['execID'], Id);
    assert.equal(of('exec_detach')['execID'], Id);
    await ok('rm', '-f', 'screen');
  });

  it('tell every mount of a volume: for a run, and for a copy', async () => {
    const seen = async (work: () => Promise<unknown>) =>
      (await during('volume', work)).map(({ Action, Actor }) => `${Action} ${Actor.ID}`);
    const run = () => ok('run', '--name', 'user', '-v', 'jar:/v:ro', fixture.image('busybox'), 'true');
    assert.deepEqual(await seen(run), ['create jar', 'mount jar', 'unmount jar']);
    assert.deepEqual(await seen(() => fixture.daemon.call('/containers/user/archive?path=/v')), [
      'mount jar',
      'unmount jar',
    ]);
    const [mount] = (await during('volume', () => ok('start', '-a', 'user'))).filter(
      ({ Action }) => Action === 'mount',
    );
    const { container, ...attributes } = mount?.Actor.Attributes ?? {};
    assert.equal(container, await ok('inspect', '-f', '{{.Id}}', 'user'));
    assert.deepEqual(attributes, {
      driver: 'local',
      destination: '/v',
      'read/write': 'false',
      propagation: '',
    });
    assert.deepEqual(await seen(() => ok('rm', '-v', 'user')), []);
    assert.deepEqual(await seen(() => ok('volume', 'rm', 'jar')), ['destroy jar']);
  });
});
