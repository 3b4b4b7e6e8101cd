import assert from 'node:assert/strict';
import { readdir, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';

describe('docker logs', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  /** A container that has ended, with what it said in its log. */
  const said = async (name: string, script: string, ...options: string[]): Promise<void> => {
    await docker('run', '--name', name, ...options, fixture.image('busybox'), 'sh', '-c', script);
  };

  it('gives each stream back as it was, what has no newline too', async () => {
    await said('streams', 'echo out; echo err >&2; printf end');
    assert.deepEqual(await docker('logs', 'streams'), { code: 0, stdout: 'out\nend', stderr: 'err\n' });
  });

  it('keeps bytes that are no text', async () => {
    await said('bytes', String.raw`printf 'a\377\000\200b\r\n'`);
    const { text } = await fixture.daemon.call('/containers/bytes/logs?stdout=1');
    assert.equal(text.slice(8), Buffer.from([0x61, 0xff, 0, 0x80, 0x62, 0x0d, 0x0a]).toString());
  });

  it('gives one stream only where one is asked for, and none is refused', async () => {
    const { text } = await fixture.daemon.call('/containers/streams/logs?stderr=1');
    assert.equal(text, '\u0002\0\0\0\0\0\0\u0004err\n');
    const none = await fixture.daemon.call('/containers/streams/logs');
    assert.equal(none.status, 400);
    assert.match(none.text, /you must choose at least one stream/);
  });

  it('joins a line of a megabyte, whose time comes once', async () => {
    await said('long', `head -c 1048576 /dev/zero | tr '\\0' x; echo; echo next`);
    const { stdout } = await docker('logs', '-t', 'long');
    const [long = '', next = ''] = stdout.split('\n');
    assert.match(long, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z x+$/);
    assert.equal(long.length, 31 + 1_048_576);
    assert.match(next, /Z next$/);
    assert.equal((await docker('logs', '--tail', '1', 'long')).stdout, 'next\n');
  });

  it('gives a terminal back without frames', async () => {
    await said('terminal', 'echo one; echo two >&2', '-t');
    const reply = await fixture.daemon.call('/containers/terminal/logs?stdout=1&stderr=1');
    assert.equal(reply.text, 'one\r\ntwo\r\n');
    assert.equal(reply.headers['content-type'], 'application/vnd.docker.raw-stream');
  });

  it('takes --since and --until with fractions, and --tail', async () => {
    await said('timed', 'echo a; sleep 0.3; echo b; sleep 0.3; echo c');
    const lines = (await ok('logs', '-t', 'timed')).split('\n');
    const [, b = ''] = lines.map((line) => line.split(' ', 1)[0] ?? '');
    assert.equal(await ok('logs', '--since', b, 'timed'), 'b\nc');
    assert.equal(await ok('logs', '--until', b, 'timed'), 'a\nb');
    const seconds = Date.parse(b) / 1000 + 0.1;
    assert.equal(await ok('logs', '--since', seconds.toFixed(3), 'timed'), 'c');
    assert.equal(await ok('logs', '--tail', '1', 'timed'), 'c');
    assert.equal(await ok('logs', '--tail', '0', 'timed'), '');
  });

  it('puts labels, variables and the tag of the log options before each line with --details', async () => {
    const options = ['--log-opt', 'labels=team', '--log-opt', 'env-regex=^COL', '--log-opt', 'tag={{.Name}}'];
    await said('detailed', 'echo x', '--label', 'team=a b', '-e', 'COLOUR=red', ...options);
    assert.equal(await ok('logs', '--details', 'detailed'), 'COLOUR=red,tag=detailed,team=a+b x');
    // Docker's blank stays where there are none.
    assert.equal((await docker('logs', '--details', '--tail', '1', 'streams')).stdout, ' end');
  });

  it('follows a running container to its end', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'followed',
      fixture.image('busybox'),
      'sh',
      '-c',
      'for i in 1 2 3; do echo $i; sleep 0.2; done',
    );
    assert.equal(await ok('logs', '-f', 'followed'), '1\n2\n3');
  });

  it('keeps as many files as max-file says, and a follower loses nothing', async () => {
    const script =
      'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); [ $((i%50)) = 0 ] && sleep 0.03; done; sleep 1';
    const limits = ['--log-opt', 'max-size=20k', '--log-opt', 'max-file=3', '--log-opt', 'compress=true'];
    await ok('run', '-d', '--name', 'rotated', ...limits, fixture.image('busybox'), 'sh', '-c', script);
    const followed = (await ok('logs', '-f', 'rotated')).split('\n');
    assert.deepEqual(
      followed,
      Array.from({ length: 2000 }, (_, line) => `line ${line}`),
    );
    const path = await ok('inspect', '-f', '{{.LogPath}}', 'rotated');
    const files = (await readdir(dirname(path))).filter((name) => name.startsWith('container.log'));
    assert.deepEqual(files.sort(), ['container.log', 'container.log.1.gz', 'container.log.2.gz']);
    const kept = (await ok('logs', 'rotated')).split('\n');
    assert.deepEqual(kept, followed.slice(-kept.length));
    assert.ok(kept.length > 300 && kept.length < 2000);
  });

  it('rotates on after the death of the daemon, and loses nothing of what was written meanwhile', async () => {
    const script =
      'i=0; while [ $i -lt 1500 ]; do echo line $i; i=$((i+1)); [ $((i%50)) = 0 ] && sleep 0.1; done; sleep 1';
    const limits = ['--log-opt', 'max-size=20k', '--log-opt', 'max-file=20'];
    await ok('run', '-d', '--name', 'survivor', ...limits, fixture.image('busybox'), 'sh', '-c', script);
    await fixture.daemon.kill();
    await fixture.daemon.start();
    const followed = (await ok('logs', '-f', 'survivor')).split('\n');
    assert.deepEqual(
      followed,
      Array.from({ length: 1500 }, (_, line) => `line ${line}`),
    );
    assert.equal(await ok('logs', 'survivor'), followed.join('\n'));
  });

  it('goes on after somebody has emptied the file by hand', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'emptied',
      fixture.image('busybox'),
      'sh',
      '-c',
      'echo a; while [ ! -f /go ]; do sleep 0.1; done; echo b',
    );
    await truncate(await ok('inspect', '-f', '{{.LogPath}}', 'emptied'), 0);
    await ok('exec', 'emptied', 'touch', '/go');
    await ok('wait', 'emptied');
    assert.equal(await ok('logs', 'emptied'), 'b');
  });

  it('has the driver local, whose files are its own business', async () => {
    await said('local', 'echo kept', '--log-driver', 'local');
    assert.equal(await ok('logs', 'local'), 'kept');
    assert.equal(
      await ok('inspect', '-f', '{{.HostConfig.LogConfig.Type}} "{{.LogPath}}"', 'local'),
      'local ""',
    );
  });

  it('keeps nothing with the driver none, and says so in Docker’s words', async () => {
    const result = await docker(
      'run',
      '--name',
      'silent',
      '--log-driver',
      'none',
      fixture.image('busybox'),
      'echo',
      'seen',
    );
    assert.equal(result.stdout, 'seen\n');
    const { code, stderr } = await docker('logs', 'silent');
    assert.equal(code, 1);
    assert.match(stderr, /configured logging driver does not support reading/);
    assert.equal((await fixture.daemon.call('/containers/silent/logs?stdout=1')).status, 501);
  });
});
