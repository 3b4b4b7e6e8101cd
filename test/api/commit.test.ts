import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, it } from 'mocha';
import { readTar } from '../support/archive-fixture.ts';
import { tarArchive } from '../support/tar-archive.ts';
import { useDaemon } from '../support/use-daemon.ts';

describe('docker diff, commit, export and import', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  const exported = (name: string) =>
    readTar(
      execFileSync(fixture.daemon.docker.program, ['export', name], {
        env: fixture.daemon.docker.env,
        maxBuffer: 1e9,
      }),
    );
  interface Inspected {
    Id: string;
    Config: Record<string, unknown>;
    RootFS: { Layers: string[] };
    Author: string;
  }
  const inspect = async (name: string): Promise<Inspected> => {
    const [image] = JSON.parse(await ok('image', 'inspect', name)) as [Inspected];
    return image;
  };
  const CHANGE =
    'echo x > /tmp/new; mkdir -p /a/b; echo y > /a/b/c; rm /bin/wget; chmod 711 /root; mkfifo /tmp/pipe; ' +
    'ln /tmp/new /tmp/hard; ln -s new /tmp/sym; touch /etc/passwd; rm -rf /home; echo file > /home; chown 5:6 /a';

  it('diff is empty for a container that did nothing, and lists what one did', async () => {
    await ok('run', '--name', 'idle', busybox(), 'true');
    assert.equal(await ok('diff', 'idle'), '');
    await ok('run', '-d', '--name', 'work', busybox(), 'sleep', '1000');
    await ok('exec', 'work', 'sh', '-c', CHANGE);
    const expected = (
      'A /a,A /a/b,A /a/b/c,C /bin,D /bin/wget,C /etc,C /etc/passwd,C /home,' +
      'C /root,C /tmp,A /tmp/hard,A /tmp/new,A /tmp/pipe,A /tmp/sym'
    ).split(',');
    assert.deepEqual((await ok('diff', 'work')).split('\n'), expected);
    const reply = await fixture.daemon.call('/containers/work/changes');
    const kinds = (reply.json() as { Path: string; Kind: number }[]).map(
      ({ Path, Kind }) => `${'CAD'[Kind]} ${Path}`,
    );
    assert.deepEqual(kinds, expected);
  });

  it('commit makes an image that runs, with everything in it', async () => {
    const changes = ['CMD ["cat","/a/b/c"]', 'ENV A=1 B="2 3"', 'EXPOSE 80', 'LABEL x=y', 'WORKDIR /tmp'];
    const id = await ok(
      'commit',
      '-a',
      'me',
      '-m',
      'words',
      ...changes.flatMap((change) => ['-c', change]),
      'work',
      'mine:1',
    );
    const image = await inspect('mine:1');
    assert.equal(image.Id, id);
    assert.equal(image.RootFS.Layers.length, (await inspect(busybox())).RootFS.Layers.length + 1);
    assert.deepEqual(image.Config['Labels'], { x: 'y' });
    assert.equal(image.Author, 'me');
    assert.equal(await ok('run', '--rm', 'mine:1'), 'y');
    const seen = await ok(
      'run',
      '--rm',
      'mine:1',
      'sh',
      '-c',
      'pwd; echo $A $B; ls -l /tmp; stat -c "%a %n" /root /a; stat -c %u:%g /a; cat /home; ls /bin/wget || true',
    );
    assert.match(seen, /^\/tmp\n1 2 3\n/);
    assert.match(seen, /prw.* pipe[^]*sym -> new[^]*711 \/root\n755 \/a\n5:6\nfile/);
    assert.equal(await ok('run', '--rm', 'mine:1', 'stat', '-c', '%h', '/tmp/hard'), '2');
    const [line = ''] = (await ok('history', '--format', '{{.CreatedBy}}|{{.Comment}}', 'mine:1')).split(
      '\n',
    );
    assert.equal(line, 'sleep 1000|words');
  });

  it('a committed image is committed again, and its layers are explored', async () => {
    await ok('run', '--name', 'again', 'mine:1', 'sh', '-c', 'rm /a/b/c; echo 1 > /z');
    assert.equal(await ok('diff', 'again'), ['C /a', 'C /a/b', 'D /a/b/c', 'A /z'].join('\n'));
    await ok('commit', 'again', 'mine:2');
    assert.equal(await ok('run', '--rm', 'mine:2', 'sh', '-c', 'ls /a/b; cat /z'), '1');
    assert.equal(
      (await ok('history', '-q', 'mine:2')).split('\n').length,
      (await ok('history', '-q', 'mine:1')).split('\n').length + 1,
    );
    const layers = (await inspect('mine:2')).RootFS.Layers.length;
    const changes = await fixture.daemon.call(`/strata/v1/images/mine:2/layers/${layers - 1}/changes`);
    assert.equal(changes.status, 200, changes.text);
    assert.match(changes.text, /"\/a\/b\/c","change":"deleted"/);
    const provenance = await fixture.daemon.call('/strata/v1/images/mine:2/provenance?path=/a/b/c');
    assert.match(provenance.text, /whiteout/);
  });

  it('a container that changed nothing gives an image without a layer more', async () => {
    await ok('commit', 'idle', 'same:1');
    assert.deepEqual((await inspect('same:1')).RootFS.Layers, (await inspect(busybox())).RootFS.Layers);
    const [newest = ''] = (await ok('history', '--format', '{{.CreatedBy}} {{.Size}}', 'same:1')).split('\n');
    assert.equal(newest, 'true 0B');
    await ok('run', '--rm', 'same:1', 'true');
  });

  it('the configuration of the request goes before the container’s', async () => {
    const body = { Cmd: ['id'], Labels: { own: '1' }, Env: ['A=b'] };
    const reply = await fixture.daemon.call('/commit?container=work&repo=conf&pause=0', {
      method: 'POST',
      body,
    });
    assert.equal(reply.status, 201, reply.text);
    const { Config } = await inspect('conf');
    assert.deepEqual([Config['Cmd'], Config['Labels']], [['id'], { own: '1' }]);
  });

  it('what is wrong with a commit is told, and nothing is made', async () => {
    const images = await ok('images', '-aq');
    const commit = (query: string) => fixture.daemon.call(`/commit?${query}`, { method: 'POST' });
    assert.equal((await commit('')).status, 400);
    assert.equal((await commit('container=nope')).status, 404);
    assert.equal((await commit('container=work&repo=BAD')).status, 400);
    assert.equal((await commit('container=work&repo=a&tag=b%20c')).status, 400);
    assert.match((await docker('commit', '-c', 'RUN x', 'work')).stderr, /RUN is not a valid change command/);
    assert.equal(await ok('images', '-aq'), images);
  });

  it('tells of commits in events', async () => {
    const since = String(Math.floor(Date.now() / 1000));
    await ok('commit', '-m', 'said', 'work', 'told:1');
    const until = String(Math.ceil(Date.now() / 1000));
    const events = await ok(
      'events',
      '--since',
      since,
      '--until',
      until,
      '--format',
      '{{.Type}} {{.Action}} {{.Actor.Attributes.imageRef}} {{.Actor.Attributes.comment}}',
    );
    assert.match(events, /^container commit told:1 said$/m);
    assert.match(events, /^image create /m);
    assert.match(events, /^image tag /m);
  });

  it('export has the whole root, without what is mounted in it', async () => {
    await ok('run', '--name', 'exp', '-v', '/data', busybox(), 'sh', '-c', 'echo v > /data/v; echo r > /r');
    const entries = exported('exp');
    const names = entries.map(({ name }) => name);
    assert.ok(names.includes('r') && names.includes('bin/busybox') && names.includes('data/'));
    assert.ok(
      !names.includes('data/v') && !names.some((name) => name.startsWith('proc/') && name !== 'proc/'),
    );
  });

  it('import makes an image of one layer of an export', async () => {
    const archive = execFileSync(fixture.daemon.docker.program, ['export', 'exp'], {
      env: fixture.daemon.docker.env,
      maxBuffer: 1e9,
    });
    const id = (
      await fixture.daemon.docker(['import', '-m', 'hi', '-c', 'CMD ["cat","/r"]', '-', 'imp:1'], {
        input: archive,
      })
    ).stdout.trim();
    const image = await inspect('imp:1');
    assert.equal(image.Id, id);
    assert.equal(image.RootFS.Layers.length, 1);
    assert.equal(await ok('run', '--rm', 'imp:1'), 'r');
    assert.equal(await ok('history', '--format', '{{.Comment}}', 'imp:1'), 'hi');
    for (const [tag, bytes] of [
      ['gz', gzipSync(archive)],
      ['zst', zstdCompressSync(archive)],
    ] as const) {
      await fixture.daemon.docker.ok(['import', '-', `imp:${tag}`], { input: bytes });
      assert.equal(await ok('run', '--rm', `imp:${tag}`, 'cat', '/r'), 'r');
      assert.deepEqual((await inspect(`imp:${tag}`)).RootFS.Layers, image.RootFS.Layers);
    }
  });

  it('what is no archive is refused, and leaves nothing', async () => {
    const images = await ok('images', '-aq');
    const refused: [Buffer, RegExp][] = [
      [Buffer.from('nonsense'), /the archive is empty or no tar archive/],
      [Buffer.from('BZh91AY'), /archive is damaged: bzip2: /],
      [gzipSync(Buffer.alloc(5000, 'x')).subarray(0, 20), /archive is damaged/],
      [tarArchive([{ name: '../x' }]), /would lead out|`\.\.`/],
    ];
    for (const [input, message] of refused)
      assert.match((await fixture.daemon.docker(['import', '-', 'bad:1'], { input })).stderr, message);
    assert.equal(await ok('images', '-aq'), images);
  });

  it('images that were made are removed with their layers', async () => {
    await ok('rm', '-f', 'again', 'exp');
    assert.match(await ok('rmi', 'mine:2'), /Deleted: sha256:/);
    assert.match(await ok('rmi', 'imp:1', 'imp:gz', 'imp:zst'), /Deleted: sha256:/);
    assert.equal(await ok('run', '--rm', 'mine:1'), 'y');
  });
});
