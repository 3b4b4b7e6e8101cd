import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { tarArchive } from '../support/tar-archive.ts';
import { useDaemon } from '../support/use-daemon.ts';

describe('a container whose image was removed by force', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);

  before(async () => {
    const image = fixture.image('busybox');
    await ok('run', '--name', 'orphan', image, 'sh', '-c', 'echo kept > /kept; rm /etc/group; date +%N');
    const id = await ok('inspect', '-f', '{{.Image}}', 'orphan');
    await ok('rmi', '-f', id);
    assert.equal(await ok('images', '-q'), '');
  });

  it('is listed and inspected', async () => {
    assert.match(await ok('ps', '-a', '--format', '{{.Names}} {{.Image}}'), /^orphan (?:sha256:)?\w+/);
    assert.match(
      await ok('inspect', '-f', '{{.Image}} {{.Config.Image}}', 'orphan'),
      /^sha256:\w+ .*busybox/,
    );
  });

  it('starts and restarts', async () => {
    await ok('start', '-a', 'orphan');
    await fixture.daemon.restart();
    await ok('restart', 'orphan');
    assert.equal(await ok('wait', 'orphan'), '0');
  });

  it('cannot be committed, as with Docker, which says so: what stands below the new layer has gone', async () => {
    const { code, stderr } = await fixture.daemon.docker(['commit', 'orphan', 'new:1']);
    assert.equal(code, 1);
    assert.match(stderr, /No such image: sha256:/);
    assert.equal(await ok('images', '-q'), '');
  });

  it('tells its changes, is copied from and to, and exported', async () => {
    assert.match(await ok('diff', 'orphan'), /A \/kept/);
    assert.equal((await fixture.daemon.call('/containers/orphan/archive?path=/kept')).status, 200);
    const body = tarArchive([{ name: 'new', content: 'x' }]);
    const put = await fixture.daemon.call('/containers/orphan/archive?path=/', { method: 'PUT', body });
    assert.equal(put.status, 200);
    await ok('export', '-o', `${fixture.daemon.root}/orphan.tar`, 'orphan');
  });
});
