import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'mocha';
import { runOk } from '../../../support/run.ts';
import { makeWork } from '../use-engine.ts';
import { lines, type Client } from './client.ts';

/** `docker cp`, `diff`, `export` and `commit`. */
export function filesTests(client: () => Client): void {
  const ok = (...args: string[]) => client().ok(...args);
  const work = (name: string) => makeWork(client().engine, name);

  it('cp carries files and directories into a running and a stopped container', async () => {
    const host = await work('cp-in');
    await mkdir(join(host, 'tree', 'deep'), { recursive: true });
    await writeFile(join(host, 'tree', 'deep', 'leaf'), 'leaf', { mode: 0o640 });
    await client().sleeper('box');
    await ok('cp', join(host, 'tree'), 'box:/srv');
    assert.equal(await ok('exec', 'box', 'cat', '/srv/deep/leaf'), 'leaf');
    await ok('cp', join(host, 'tree'), 'box:/tmp');
    assert.equal(await ok('exec', 'box', 'stat', '-c', '%a %u', '/tmp/tree/deep/leaf'), '640 0');
    await ok('cp', `${join(host, 'tree')}/.`, 'box:/home');
    assert.equal(await ok('exec', 'box', 'ls', '/home'), 'deep');
    await ok('stop', '-t', '0', 'box');
    await ok('cp', join(host, 'tree', 'deep', 'leaf'), 'box:/etc/renamed');
    await ok('start', 'box');
    assert.equal(await ok('exec', 'box', 'cat', '/etc/renamed'), 'leaf');
    await client().fails(
      1,
      /[Nn]o such directory|not exist|[Cc]ould not find/,
      'cp',
      join(host, 'tree', 'deep', 'leaf'),
      'box:/none/where/',
    );
  });

  it('cp brings files out, follows links with -L, and speaks tar with -', async () => {
    const host = await work('cp-out');
    await client().sleeper('box');
    await ok('exec', 'box', 'sh', '-c', 'mkdir -p /d/e; echo 1 > /d/e/f; ln -s e/f /d/l; chmod 600 /d/e/f');
    await ok('cp', 'box:/d', join(host, 'copy'));
    assert.equal(await readFile(join(host, 'copy', 'e', 'f'), 'utf8'), '1\n');
    assert.equal((await stat(join(host, 'copy', 'e', 'f'))).mode & 0o777, 0o600);
    await ok('cp', '-L', 'box:/d/l', join(host, 'followed'));
    assert.equal(await readFile(join(host, 'followed'), 'utf8'), '1\n');
    const script = '"$0" cp box:/d - | tar t';
    const { env } = client().cli;
    assert.deepEqual(
      lines((await runOk('sh', ['-c', script, client().cli.program], { env })).trim()).toSorted(),
      ['d/', 'd/e/', 'd/e/f', 'd/l'],
    );
    const into = `tar c -C ${host} copy | "$0" cp - box:/tmp`;
    await runOk('sh', ['-c', into, client().cli.program], { env });
    assert.equal(await ok('exec', 'box', 'cat', '/tmp/copy/e/f'), '1');
    await client().fails(
      1,
      /[Cc]ould not find the file \/none|No such container:path/,
      'cp',
      'box:/none',
      host,
    );
  });

  it('cp reaches volumes and refuses a read-only root', async () => {
    const host = await work('cp-volume');
    await writeFile(join(host, 'f'), 'x');
    await ok('run', '-d', '--name', 'box', '--read-only', '-v', 'kept:/data', 'busybox', 'sleep', '300');
    await ok('cp', join(host, 'f'), 'box:/data/f');
    assert.equal(await ok('exec', 'box', 'cat', '/data/f'), 'x');
    await client().fails(1, /read-only/, 'cp', join(host, 'f'), 'box:/etc/f');
  });

  it('diff tells what was added, changed and deleted', async () => {
    const script = 'echo 1 > /added; echo x >> /etc/passwd; rm /etc/group';
    await ok('run', '--name', 'box', 'busybox', 'sh', '-c', script);
    const told = lines(await ok('diff', 'box')).toSorted();
    assert.deepEqual(told, ['A /added', 'C /etc', 'C /etc/passwd', 'D /etc/group']);
  });

  it('export is a tar of the whole file system', async () => {
    const host = await work('export');
    await ok('run', '--name', 'box', 'busybox', 'sh', '-c', 'echo 1 > /added; rm /etc/group');
    await ok('export', '-o', join(host, 'box.tar'), 'box');
    const names = lines(await runOk('tar', ['tf', join(host, 'box.tar')]));
    assert.ok(names.includes('added') && names.includes('bin/busybox') && names.includes('etc/passwd'));
    assert.ok(!names.includes('etc/group'));
  });

  it('commit makes an image of a container, with changes of its settings', async () => {
    await ok(
      'run',
      '--name',
      'box',
      '-e',
      'A=b',
      'busybox',
      'sh',
      '-c',
      'echo committed > /made; rm /etc/group',
    );
    const change = ['--change', 'CMD ["cat","/made"]', '--change', 'ENV C=d', '-m', 'why', '-a', 'somebody'];
    assert.match(await ok('commit', ...change, 'box', 'made:v1'), /^sha256:[0-9a-f]{64}$/);
    try {
      assert.equal(await ok('run', '--rm', 'made:v1'), 'committed');
      assert.equal(
        await ok('run', '--rm', 'made:v1', 'sh', '-c', 'echo $A$C; ls /etc/group 2>&1 | wc -l'),
        'bd\n1',
      );
      assert.equal(await ok('inspect', '-f', '{{.Comment}} {{.Author}}', 'made:v1'), 'why somebody');
      assert.match(lines(await ok('history', '--no-trunc', 'made:v1'))[1] ?? '', /why/);
    } finally {
      await ok('rmi', '-f', 'made:v1');
    }
  });
}
