import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterEach, before, describe, it } from 'mocha';
import { tarArchive } from '../support/tar-archive.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

const PROGRAMS = ['xz', 'bzip2'] as const;
/** KiB. */
const LIMIT = 128 * 1024;

/** What the program makes of these bytes, followed by so many zeros. */
function packed(program: string, start: Buffer, zeros = 0): Promise<Buffer> {
  const child = spawn('sh', ['-c', `(cat; head -c ${zeros} /dev/zero) | ${program} -1 -c`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(start);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject).once('close', () => resolve(Buffer.concat(chunks)));
  });
}

describe('archives that Node cannot decompress', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const put = (container: string, body: Buffer) =>
    fixture.daemon.call(`/containers/${container}/archive?path=/tmp`, { method: 'PUT', body });
  /** Programs of ours that the daemon runs. */
  const atWork = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return /^Name:\s+(?:xz|bzip2)$/m.test(status) && status.includes(`PPid:\t${fixture.daemon.pid}\n`);
      } catch {
        return false;
      }
    });
  const memory = (): number =>
    Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${fixture.daemon.pid}/status`, 'utf8'))?.[1]);

  before(() => ok('create', '--name', 'box', fixture.image('busybox'), 'true'));
  afterEach(() => waitFor('the programs to be gone', () => atWork().length === 0));

  for (const program of PROGRAMS) {
    it(`are extracted and imported with ${program}`, async () => {
      const archive = await packed(program, tarArchive([{ name: 'f', content: program }]));
      assert.equal((await put('box', archive)).status, 200);
      const { text } = await fixture.daemon.call('/containers/box/archive?path=/tmp/f');
      assert.match(text, new RegExp(program));
      await fixture.daemon.docker.ok(['import', '-', `${program}:1`], { input: archive });
      await ok('create', '--name', `of-${program}`, `${program}:1`, 'x');
      assert.match(
        (await fixture.daemon.call(`/containers/of-${program}/archive?path=/f`)).text,
        new RegExp(program),
      );
    });

    it(`are refused by ${program} when they are cut short, and leave no image`, async () => {
      const archive = await packed(program, tarArchive([{ name: 'f', content: 'x'.repeat(5000) }]));
      const cut = archive.subarray(0, archive.length - 20);
      const answer = await put('box', cut);
      assert.equal(answer.status, 400);
      assert.match(answer.text, new RegExp(`archive is damaged: ${program}: `));
      const imported = await fixture.daemon.docker(['import', '-', 'cut:1'], { input: cut });
      assert.match(imported.stderr, new RegExp(`archive is damaged: ${program}: `));
      assert.equal(await ok('images', '-q', 'cut'), '');
    });

    it(`that ${program} blows up two thousand times do not make the daemon grow`, async () => {
      const file = tarArchive([{ name: 'f', content: 'x' }]);
      const bomb = await packed(program, file, 300_000_000);
      assert.ok(bomb.length < 1_000_000);
      const before = memory();
      assert.equal((await put('box', bomb)).status, 200);
      assert.ok(memory() - before < LIMIT, `grew by ${memory() - before} KiB`);
    });

    it(`end ${program} when something else than a tar comes out of it`, async () => {
      const answer = await put('box', await packed(program, Buffer.alloc(4096, 'x'), 300_000_000));
      assert.equal(answer.status, 400);
      assert.match(answer.text, /archive/);
    });

    it(`end ${program} when the client goes in the middle`, async () => {
      const archive = await packed(program, tarArchive([{ name: 'f', content: 'x'.repeat(5000) }]));
      const client = request({
        socketPath: fixture.daemon.socket,
        method: 'PUT',
        path: '/containers/box/archive?path=/tmp',
      });
      client.on('error', () => undefined);
      client.write(archive.subarray(0, 60));
      await waitFor(`${program} to work`, () => atWork().length === 1);
      client.destroy();
    });
  }
});
