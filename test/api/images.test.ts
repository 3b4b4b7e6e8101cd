import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';

describe('docker on images', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox', 'demo']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);

  it('pull says that an image is up to date', async () => {
    assert.match(await ok('pull', fixture.image('demo')), /Image is up to date/);
  });

  it('pull of what is not there names the image and leaves nothing', async () => {
    const missing = `${fixture.registry.host}/not-there`;
    const result = await docker('pull', missing);
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /not-there/);
    assert.equal(await ok('images', '-q', missing), '');
  });

  it('pull by digest gives the very same image', async () => {
    const id = await ok('images', '-q', '--no-trunc', fixture.image('demo'));
    const digest = await ok('inspect', '-f', '{{index .RepoDigests 0}}', fixture.image('demo'));
    await ok('pull', '-q', digest);
    assert.equal(await ok('inspect', '-f', '{{.Id}}', digest), id);
  });

  it('images lists names, tags and sizes', async () => {
    const lines = (await ok('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n').sort();
    assert.deepEqual(lines, [`${fixture.image('busybox')}:latest`, `${fixture.image('demo')}:latest`]);
  });

  it('inspect shows configuration and layers', async () => {
    const [image] = JSON.parse(await ok('inspect', fixture.image('demo'))) as [
      { Config: { Cmd: string[] }; RootFS: { Layers: string[] }; Os: string },
    ];
    assert.match(image.Config.Cmd.join(' '), /httpd -f/);
    assert.equal(image.RootFS.Layers.length, 5);
    assert.equal(image.Os, 'linux');
  });

  it('history shows the instruction of each layer', async () => {
    const history = await ok('history', '--no-trunc', '--format', '{{.CreatedBy}}', fixture.image('demo'));
    assert.equal(history.split('\n').length, 6);
    assert.match(history, /COPY www \/srv\/www/);
  });

  it('tag adds a name and rmi takes it away; the image stays as long as it has one', async () => {
    const id = await ok('images', '-q', '--no-trunc', fixture.image('demo'));
    await ok('tag', fixture.image('demo'), 'mine:1');
    assert.equal(await ok('inspect', '-f', '{{.Id}}', 'mine:1'), id);
    assert.match(await ok('rmi', 'mine:1'), /Untagged: mine:1/);
    assert.equal(await ok('inspect', '-f', '{{.Id}}', fixture.image('demo')), id);
  });

  it('rmi refuses an image that a container uses', async () => {
    await ok('create', '--name', 'user', fixture.image('busybox'));
    const refused = await docker('rmi', fixture.image('busybox'));
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /container/);
    await ok('rm', 'user');
  });

  it('rmi removes the image and its layers', async () => {
    assert.match(await ok('rmi', fixture.image('demo')), /Deleted: sha256:/);
    assert.notEqual((await docker('inspect', fixture.image('demo'))).code, 0);
    await ok('pull', '-q', fixture.image('demo'));
  });

  it('run pulls an image that is not there yet', async () => {
    await ok('rmi', fixture.image('busybox'));
    const result = await docker('run', '--rm', fixture.image('busybox'), 'echo', 'pulled');
    assert.equal(result.stdout, 'pulled\n');
    assert.match(result.stderr, /Unable to find image/);
  });
});

describe('a registry mirror', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);

  it('serves names of docker.io', async () => {
    const { daemon, registry } = fixture;
    const { startDaemon } = await import('../support/start-daemon.ts');
    await using mirrored = await startDaemon({ args: ['--registry-mirror', registry.url] });
    assert.notEqual(mirrored.pid, daemon.pid);
    assert.equal((await mirrored.docker(['run', '--rm', 'busybox', 'echo', 'hi'])).stdout, 'hi\n');
  });
});
