import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'mocha';
import { makeTempDir } from '../support/temp-dir.ts';
import { useVolumes } from '../support/use-volumes.ts';

describe('the content of volumes', function () {
  this.timeout(30_000);
  const { fixture, ok, inside, onHost } = useVolumes();
  const facts = 'stat -c "%n %F %a %u:%g %h" . * && readlink l';
  const full = [
    '. directory 2750 7:8 2',
    'f regular file 4755 5:6 2',
    'g regular file 4755 5:6 2',
    'l symbolic link 777 0:0 1',
    'f',
  ];
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const mount = (rest: string) => ['--mount', `type=volume,target=/data,${rest}`];
  let image = '';

  /** An image with a VOLUME that has something to tell. */
  const made = async () => {
    if (image !== '') return image;
    const script =
      'mkdir /data /plain && cd /data && echo hi > f && ln f g && chown 5:6 f && chmod 4755 f && ln -s f l && chown 7:8 . && chmod 2750 .; echo x > /file';
    await ok('run', '--name', 'maker', fixture.image('busybox'), 'sh', '-c', script);
    image = await ok(
      'commit',
      '--change',
      'VOLUME /data',
      '--change',
      'CMD ["true"]',
      'maker',
      'with-volume',
    );
    await ok('rm', 'maker');
    return image;
  };
  const contentOf = async (volume: string) => (await onHost(volume, facts)).trim().split('\n');
  const volumeOf = (container: string) => ok('inspect', '-f', '{{(index .Mounts 0).Name}}', container);

  it('comes from the image when a container is made, also for containers that never run', async () => {
    await ok('create', '--name', 'holder', await made());
    assert.deepEqual(await contentOf(await volumeOf('holder')), full);
    const seen = await ok(
      'run',
      '--rm',
      '--volumes-from',
      'holder:ro',
      image,
      'sh',
      '-c',
      'ls /data; touch /data/x; true',
    );
    assert.equal(seen, 'f\ng\nl');
    await ok('create', '-v', 'named:/data', image);
    assert.deepEqual(await contentOf('named'), full);
    await ok('create', ...mount('source=mounted'), image);
    assert.deepEqual(await contentOf('mounted'), full);
  });

  it('comes once: what was deleted does not come back, and a volume that holds anything is left alone', async () => {
    await ok('create', '--name', 'one', '-v', 'named:/data', await made());
    await onHost('named', 'rm -r f g l');
    await ok('start', '-a', 'one');
    assert.equal(await onHost('named', 'ls'), '');
    await onHost('named', 'echo mine > f');
    await ok('create', '-v', 'named:/data', image);
    assert.equal(await onHost('named', 'cat *'), 'mine\n');
  });

  it('does not come with nocopy, from a place that the image does not have, nor into a missing sub-path', async () => {
    await ok('create', ...mount('source=bare,volume-nocopy'), await made());
    await ok('create', '-v', 'short:/data:nocopy', image);
    await ok('create', '-v', 'elsewhere:/not/there', image);
    for (const name of ['bare', 'short', 'elsewhere']) assert.equal(await onHost(name, 'ls -A'), '');
    await ok('create', '--name', 'lost', ...mount('source=sub,volume-subpath=a/b'), image);
    assert.equal(await onHost('sub', 'ls -A'), '');
    assert.match((await docker('start', 'lost')).stderr, /cannot access path .*: no such file or directory/);
    await onHost('sub', 'mkdir -p a/b');
    await ok('create', ...mount('source=sub,volume-subpath=a/b'), image);
    assert.deepEqual((await onHost('sub', `cd a/b && ${facts}`)).trim().split('\n'), full);
  });

  it('is refused over a file of the image, and then nothing is made', async () => {
    const refused = await docker('create', '-v', 'over:/file', await made());
    assert.match(refused.stderr, /\/file: it is not a directory in the image/);
    assert.equal(await ok('volume', 'ls', '-q'), '');
  });

  it('is mounted from somewhere else only while it is filled', async () => {
    await ok('volume', 'create', '-o', 'type=tmpfs', '-o', 'device=tmpfs', 'memory');
    await ok('create', '-v', 'memory:/data', await made());
    const reply = await fixture.daemon.call('/strata/v1/volumes/memory/tree');
    assert.equal(reply.text, '{"path":"/","entries":[],"next":null}\n');
  });

  it('has the owners that processes see, also of a container with ids of its own', async () => {
    // The command line refuses the word; the API has it.
    const create = async (mounted: Record<string, unknown>) => {
      const host = { UsernsMode: 'private', Mounts: [{ Type: 'volume', Target: '/data', ...mounted }] };
      const body = { Image: await made(), HostConfig: host };
      const reply = await fixture.daemon.call('/v1.51/containers/create', { method: 'POST', body });
      assert.equal(reply.status, 201, reply.text);
    };
    await create({ Source: 'disk' });
    assert.deepEqual(await contentOf('disk'), full);
    await onHost('disk', 'rm -r f g l && mkdir -p a/b');
    await create({ Source: 'disk', VolumeOptions: { Subpath: 'a/b' } });
    assert.deepEqual((await onHost('disk', `cd a/b && ${facts}`)).trim().split('\n'), full);
  });

  it('is never led out of its volume by a container that swaps names while another one is filled', async () => {
    await using secret = await makeTempDir('strata-secret-');
    await inside('race', 'mkdir -p sub');
    const swap = `while :; do cd /d/sub && for n in d f; do mv $n x 2>/dev/null; ln -s ${secret.path} $n; rm -rf $n x; done; done`;
    await ok('run', '-d', '-v', 'race:/d', fixture.image('busybox'), 'sh', '-c', swap);
    await ok(
      'run',
      '--name',
      'deep',
      await made(),
      'sh',
      '-c',
      'mkdir -p /deep/d/e && touch /deep/f /deep/d/g /deep/d/e/h',
    );
    const deep = await ok('commit', 'deep');
    await ok('rm', 'deep');
    for (let at = 0; at < 20; at += 1)
      await docker(
        'create',
        '--mount',
        'type=volume,source=race,target=/deep,volume-subpath=sub',
        deep,
        'true',
      );
    assert.deepEqual(await readdir(secret.path), []);
  });

  it('is shared, and named volumes are found by a part of their name or an expression', async () => {
    await inside('alpha', 'echo a > f');
    await ok('volume', 'create', 'beta');
    const names = (filter: string) => ok('volume', 'ls', '-q', '-f', filter);
    assert.equal(await names('name=^(alpha|nothing)$'), 'alpha');
    assert.equal(await names('name=et'), 'beta');
    assert.equal(await names('name=['), '');
    const propagated = await docker('create', '-v', 'alpha:/x:shared', fixture.image('busybox'), 'true');
    assert.match(
      propagated.stderr,
      /'alpha:\/x:shared': invalid mount config for type "volume": field BindOptions/,
    );
    const id = await ok(
      'create',
      '-v',
      'alpha:/x',
      '-v',
      'beta:/y:ro',
      '-v',
      '/z',
      fixture.image('busybox'),
      'true',
    );
    // Docker lists them in any order.
    const mounts = await ok(
      'inspect',
      '-f',
      '{{range .Mounts}}{{.Destination}}={{.Mode}},{{.RW}} {{end}}',
      id,
    );
    assert.deepEqual(mounts.split(' ').sort(), ['/x=z,true', '/y=ro,false', '/z=,true']);
  });
});
