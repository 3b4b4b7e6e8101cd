import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { run } from '../support/run.ts';
import { useDaemon } from '../support/use-daemon.ts';

describe('the working directory of a container', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const create = (name: string, directory: string, ...options: string[]) =>
    ok('create', '--name', name, '-w', directory, ...options, fixture.image('busybox'), 'pwd');

  it('is there before the first start: for copies, changes and exports', async () => {
    await create('early', '/srv/a/b', '--user', '1000');
    assert.equal((await fixture.daemon.call('/containers/early/archive?path=/srv/a/b')).status, 200);
    assert.equal(await ok('diff', 'early'), 'A /srv\nA /srv/a\nA /srv/a/b');
    await ok('export', 'early', '-o', `${fixture.daemon.root}/early.tar`);
    const { stdout } = await run('tar', [
      '-tvf',
      `${fixture.daemon.root}/early.tar`,
      '--numeric-owner',
      'srv/a/b/',
    ]);
    assert.match(stdout, /^drwxr-xr-x 0\/0 /);
    assert.equal(await ok('start', '-a', 'early'), '/srv/a/b');
  });

  it('leaves what the image has as it is', async () => {
    await create('there', '/tmp');
    assert.equal(await ok('diff', 'there'), '');
    assert.equal(await ok('start', '-a', 'there'), '/tmp');
  });

  it('is refused where a file is in the way, and nothing is made', async () => {
    const { code, stderr } = await docker(
      'create',
      '--name',
      'no',
      '-w',
      '/etc/passwd/x',
      fixture.image('busybox'),
    );
    assert.equal(code, 1);
    assert.match(stderr, /Cannot mkdir: \/etc\/passwd\/x is not a directory/);
    assert.equal(await ok('ps', '-aq', '--filter', 'name=no'), '');
    assert.equal((await fixture.daemon.call('/containers/no/json')).status, 404);
  });

  it('follows symlinks inside the image alone', async () => {
    await ok('run', '--name', 'base', fixture.image('busybox'), 'ln', '-s', '../../../../made/of', '/link');
    await ok('commit', 'base', 'linked:1');
    await ok('create', '--name', 'linked', '-w', '/link/here', 'linked:1', 'pwd', '-P');
    assert.equal(await ok('diff', 'linked'), 'A /made\nA /made/of\nA /made/of/here');
    assert.equal(await ok('start', '-a', 'linked'), '/made/of/here');
  });
});
