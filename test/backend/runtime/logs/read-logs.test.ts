import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { timeOfNanoseconds } from '../../../../backend/runtime/logs/log-record.ts';
import { readLogs, type LogRequest } from '../../../../backend/runtime/logs/read-logs.ts';

const START = 1_700_000_000_000_000_000n;
const record = (second: number, text: string, tag = 'F', stream = 'stdout'): string =>
  `${timeOfNanoseconds(START + BigInt(second) * 1_000_000_000n).replace('Z', '+00:00')} ${stream} ${tag} ${text}\n`;

describe('readLogs', () => {
  let directory = '';
  let path = '';
  beforeEach(async () => {
    directory = await mkdtemp('/var/tmp/strata-logs-');
    path = join(directory, 'log');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const read = async (request: Partial<LogRequest> = {}): Promise<string[]> => {
    const lines: string[] = [];
    for await (const block of readLogs({ path, follow: false, ...request }))
      for (const { bytes, stream } of block)
        lines.push(`${stream === 'stderr' ? '!' : ''}${bytes.toString()}`);
    return lines;
  };

  it('gives nothing for a container that has no log', async () => {
    assert.deepEqual(await read(), []);
  });

  it('joins the parts of each stream although they interleave', async () => {
    await writeFile(
      path,
      record(0, 'a', 'P') + record(0, 'x', 'P', 'stderr') + record(1, 'b') + record(1, 'y', 'F', 'stderr'),
    );
    assert.deepEqual(await read(), ['ab\n', '!xy\n']);
  });

  it('leaves out broken records and waits for the rest of half a one', async () => {
    await writeFile(path, `rubbish\n${record(0, 'good')}\n2026 stdout\n${record(1, 'cut').slice(0, -3)}`);
    assert.deepEqual(await read(), ['good\n']);
  });

  it('keeps spaces, empty lines and bytes that are no text', async () => {
    await writeFile(
      path,
      Buffer.concat([
        Buffer.from(record(0, '  two  ') + record(0, '')),
        Buffer.from(record(1, '\u00ff'), 'latin1'),
      ]),
    );
    const lines: Buffer[] = [];
    for await (const block of readLogs({ path, follow: false }))
      for (const { bytes } of block) lines.push(Buffer.from(bytes));
    assert.deepEqual(lines, [Buffer.from('  two  \n'), Buffer.from('\n'), Buffer.from([0xff, 0x0a])]);
  });

  it('gives the last lines, from rotated files too', async () => {
    await writeFile(`${path}.2`, record(0, 'oldest'));
    await writeFile(`${path}.1`, record(1, 'old') + record(2, 'older'));
    await writeFile(path, record(3, 'new'));
    assert.deepEqual(await read({ tail: 0 }), []);
    assert.deepEqual(await read({ tail: 1 }), ['new\n']);
    assert.deepEqual(await read({ tail: 2 }), ['older\n', 'new\n']);
    assert.deepEqual(await read({ tail: 100 }), ['oldest\n', 'old\n', 'older\n', 'new\n']);
  });

  it('finds the last lines of a large file, with the parts of an interleaved line', async () => {
    const many = Array.from({ length: 20_000 }, (_, line) => record(line, `line ${line}`)).join('');
    await writeFile(
      path,
      many + record(1, 'be', 'P', 'stderr') + record(1, 'mid') + record(2, 'gin', 'F', 'stderr'),
    );
    assert.deepEqual(await read({ tail: 1 }), ['!begin\n']);
    assert.deepEqual(await read({ tail: 3 }), ['line 19999\n', 'mid\n', '!begin\n']);
  });

  it('counts a last line without a newline as a line', async () => {
    await writeFile(
      path,
      record(0, 'a') + record(1, 'b') + record(2, 'no', 'P') + record(2, ' newline', 'P'),
    );
    assert.deepEqual(await read({ tail: 1 }), ['no newline']);
    assert.deepEqual(await read({ tail: 2 }), ['b\n', 'no newline']);
    assert.deepEqual(await read({ tail: 0 }), []);
  });

  for (const [name, request] of Object.entries<Partial<LogRequest>>({
    'the last lines': { tail: 19_999 },
    'the lines since a time': { since: START },
    'the lines until a time': { until: START + 1_000_000n * 1_000_000_000n },
    'all lines': {},
  })) {
    it(`gives ${name} that were there when it was asked, not what arrives while they are read`, async () => {
      await writeFile(
        `${path}.1`,
        Array.from({ length: 10_000 }, (_, at) => record(at, `line ${at}`)).join(''),
      );
      await writeFile(path, Array.from({ length: 10_000 }, (_, at) => record(at, `new ${at}`)).join(''));
      let lines = 0;
      let text = '';
      for await (const block of readLogs({ path, follow: false, ...request })) {
        // Into the file that is read, and into the one that follows it after a rotation.
        if (lines === 0) {
          await appendFile(path, record(20_000, 'late'));
          await rename(path, `${path}.0`);
          await writeFile(path, record(20_001, 'later'));
        }
        lines += block.length;
        text = block.at(-1)?.bytes.toString() ?? text;
      }
      assert.equal(text, 'new 9999\n');
      assert.equal(lines, request.tail ?? 20_000);
    });
  }

  it('follows from exactly where the last lines ended, also when the file is packed at once', async () => {
    await writeFile(path, record(0, 'a') + record(1, 'b'));
    const abort = new AbortController();
    const lines = read({ follow: true, tail: 0, signal: abort.signal });
    await sleep(50);
    // In one go: between two looks of the reader. The clock of the records is not the one of this machine.
    renameSync(path, `${path}.1`);
    writeFileSync(`${path}.1.gz`, gzipSync(record(0, 'a') + record(1, 'b') + record(2, 'c')));
    rmSync(`${path}.1`);
    writeFileSync(path, record(3, 'd'));
    await sleep(100);
    abort.abort();
    assert.deepEqual(await lines, ['c\n', 'd\n']);
  });

  it('keeps to since and until, both inclusive', async () => {
    await writeFile(path, [0, 1, 2, 3].map((second) => record(second, String(second))).join(''));
    const second = 1_000_000_000n;
    assert.deepEqual(await read({ since: START + second, until: START + 2n * second }), ['1\n', '2\n']);
  });

  it('follows across several rotations at once and ends when the container has', async () => {
    await writeFile(path, record(0, 'a'));
    const ended = Promise.withResolvers<void>();
    const lines = read({ follow: true, ended: ended.promise });
    await sleep(50);
    await appendFile(path, record(1, 'b'));
    await rename(path, `${path}.2`);
    await writeFile(`${path}.1`, record(2, 'c'));
    await writeFile(path, record(3, 'd'));
    await sleep(50);
    await appendFile(path, record(4, 'e') + record(5, 'no newline', 'P'));
    ended.resolve();
    assert.deepEqual(await lines, ['a\n', 'b\n', 'c\n', 'd\n', 'e\n', 'no newline']);
  });

  it('follows a log that is not there yet, and ends when its signal aborts', async () => {
    const abort = new AbortController();
    const lines = read({ follow: true, signal: abort.signal });
    await sleep(30);
    await writeFile(path, record(0, 'first'));
    await sleep(60);
    abort.abort();
    assert.deepEqual(await lines, ['first\n']);
  });

  it('gives out a line that never ends in pieces', async () => {
    await writeFile(
      path,
      record(0, 'x'.repeat(8192), 'P').repeat(100) + record(1, 'end') + record(2, 'next'),
    );
    const pieces = await read();
    assert.ok(pieces.every((piece) => piece.length <= 300 * 1024));
    assert.equal(pieces.join(''), `${'x'.repeat(819_200)}end\nnext\n`);
    assert.equal((await read({ tail: 2 })).join(''), pieces.join(''));
    assert.deepEqual(await read({ tail: 1 }), ['next\n']);
  });
});
