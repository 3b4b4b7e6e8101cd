import assert from 'node:assert/strict';
import { appendFile, mkdtemp, open, readdir, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepRotating } from '../../../../backend/runtime/logs/keep-rotating.ts';
import { timeOfNanoseconds } from '../../../../backend/runtime/logs/log-record.ts';
import { readLogs } from '../../../../backend/runtime/logs/read-logs.ts';
import { rotateLog } from '../../../../backend/runtime/logs/rotate-log.ts';
import { rotationPolicy } from '../../../../backend/runtime/logs/rotation-policy.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** Writes records like conmon: to the file that it has open, whatever its name is by now. */
class Monitor {
  readonly #path: string;
  #file: FileHandle | null = null;
  #second = 0n;

  constructor(path: string) {
    this.#path = path;
  }

  async reopen(): Promise<void> {
    await this.#file?.close();
    this.#file = await open(this.#path, 'a');
  }

  async write(text: string): Promise<void> {
    this.#second += 1n;
    const time = timeOfNanoseconds(1_700_000_000_000_000_000n + this.#second * 1_000_000_000n);
    await this.#file?.write(`${time.replace('Z', '+00:00')} stdout F ${text}\n`);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

describe('rotation of logs', () => {
  let directory = '';
  let path = '';
  let monitor: Monitor;
  beforeEach(async () => {
    directory = await mkdtemp('/var/tmp/strata-logs-');
    path = join(directory, 'log');
    monitor = new Monitor(path);
    await monitor.reopen();
  });
  afterEach(async () => {
    await monitor.close();
    await rm(directory, { recursive: true, force: true });
  });

  const rotated = (maxFiles: number, compress = false) => ({
    path,
    policy: { maxSize: 100, maxFiles, compress },
    reopen: () => monitor.reopen(),
  });
  const read = async (tail?: number): Promise<string[]> => {
    const lines: string[] = [];
    for await (const block of readLogs({ path, follow: false, tail }))
      lines.push(...block.map(({ bytes }) => bytes.toString().trim()));
    return lines;
  };
  const writeAndRotate = async (count: number, maxFiles: number, compress = false): Promise<void> => {
    for (let number = 1; number <= count; number += 1) {
      await monitor.write(`${number} ${'x'.repeat(100)}`);
      await rotateLog(rotated(maxFiles, compress));
    }
  };
  const numbers = async (tail?: number): Promise<number[]> =>
    (await read(tail)).map((line) => Number.parseInt(line, 10));

  it('leaves a file alone that is smaller than its limit', async () => {
    await monitor.write('short');
    await rotateLog(rotated(3));
    assert.deepEqual(await readdir(directory), ['log']);
  });

  it('keeps as many files as it may, the written one among them, and all of their lines are read', async () => {
    await writeAndRotate(5, 3);
    assert.deepEqual((await readdir(directory)).sort(), ['log', 'log.1', 'log.2']);
    await monitor.write('6');
    assert.deepEqual(await numbers(), [4, 5, 6]);
    assert.deepEqual(await numbers(2), [5, 6]);
  });

  it('begins anew where only one file is allowed', async () => {
    await writeAndRotate(2, 1);
    assert.deepEqual(await readdir(directory), ['log']);
    assert.deepEqual(await numbers(), []);
  });

  it('packs rotated files, which are read and shifted like others', async () => {
    await writeAndRotate(4, 4, true);
    assert.deepEqual((await readdir(directory)).sort(), ['log', 'log.1.gz', 'log.2.gz', 'log.3.gz']);
    assert.deepEqual(await numbers(), [2, 3, 4]);
    assert.deepEqual(await numbers(1), [4]);
  });

  it('finishes a rotation that the death of a daemon cut short, and loses nothing of it', async () => {
    await monitor.write(`1 ${'x'.repeat(100)}`);
    const dead = { ...rotated(3), reopen: () => Promise.reject(new Error('died')) };
    await assert.rejects(rotateLog(dead), /died/);
    await monitor.write('2');
    assert.deepEqual(await numbers(), [1, 2]);
    await rotateLog(rotated(3));
    await monitor.write('3');
    assert.deepEqual((await readdir(directory)).sort(), ['log', 'log.1']);
    assert.deepEqual(await numbers(), [1, 2, 3]);
  });

  it('reads a file once that was being packed when the daemon died', async () => {
    await writeAndRotate(2, 3);
    await writeFile(`${path}.1.gz`, 'half of it');
    assert.deepEqual(await numbers(), [1, 2]);
  });

  it('lets a follower read every line once although files are rotated, packed and removed', async () => {
    const ended = Promise.withResolvers<void>();
    const seen: number[] = [];
    const following = (async () => {
      for await (const block of readLogs({ path, follow: true, ended: ended.promise })) {
        seen.push(...block.map(({ bytes }) => Number.parseInt(bytes.toString(), 10)));
        await sleep(2);
      }
    })();
    for (let number = 1; number <= 40; number += 1) {
      await monitor.write(`${number} ${'x'.repeat(20)}`);
      await rotateLog(rotated(3, true));
      await sleep(5);
    }
    ended.resolve();
    await following;
    assert.deepEqual(
      seen,
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
  });

  it('happens by itself while the container runs, also after a quiet time', async function () {
    this.timeout(10_000);
    const end = new AbortController();
    const keeping = keepRotating(rotated(3), end.signal);
    await monitor.write(`1 ${'x'.repeat(100)}`);
    await waitFor('the first rotation', async () => (await readdir(directory)).includes('log.1'));
    await sleep(2500);
    await monitor.write(`2 ${'x'.repeat(100)}`);
    await waitFor('the second rotation', async () => (await readdir(directory)).includes('log.2'));
    end.abort();
    await keeping;
    assert.deepEqual(await numbers(), [1, 2]);
  });

  it('lets a follower go on when somebody has emptied the file by hand', async () => {
    const ended = Promise.withResolvers<void>();
    const seen: string[] = [];
    await monitor.write('before');
    const following = (async () => {
      for await (const block of readLogs({ path, follow: true, ended: ended.promise }))
        seen.push(...block.map(({ bytes }) => bytes.toString()));
    })();
    await waitFor('the line', () => seen.length === 1);
    await writeFile(path, '');
    await sleep(50);
    await appendFile(
      path,
      `${timeOfNanoseconds(1_800_000_000_000_000_000n).replace('Z', '+00:00')} stdout F a\n`,
    );
    await waitFor('the line', () => seen.length === 2);
    ended.resolve();
    await following;
    assert.deepEqual(seen, ['before\n', 'a\n']);
  });
});

describe('rotationPolicy', () => {
  it('has no limit for json-file unless one is asked for, and Docker’s for local', () => {
    assert.equal(rotationPolicy('json-file', {}), null);
    assert.equal(rotationPolicy('json-file', { 'max-file': '3' }), null);
    assert.equal(rotationPolicy('none', { 'max-size': '1m' }), null);
    assert.deepEqual(rotationPolicy('local', {}), { maxSize: 20_000_000, maxFiles: 5, compress: true });
  });

  it('counts sizes in units of a thousand', () => {
    const size = (text: string) => rotationPolicy('json-file', { 'max-size': text })?.maxSize;
    assert.deepEqual(
      ['10k', '1.5m', '200kB', '1g', '7', '2MiB'].map(size),
      [10_000, 1_500_000, 200_000, 1_000_000_000, 7, 2_000_000],
    );
  });
});
