import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { throughProgram } from '../../../backend/linux/through-program.ts';
import { waitFor } from '../../support/wait-for.ts';

const never = new AbortController().signal;
const shell = (script: string) => ({ program: 'sh', args: ['-c', script] });

async function all(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

/** Children of this process. */
const children = (): number =>
  readdirSync('/proc/self/task')
    .map((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim())
    .join(' ')
    .split(' ')
    .filter(Boolean).length;

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) {
    yield Buffer.alloc(65_536);
    await sleep(0);
  }
}

describe('bytes through a program', () => {
  const through = (script: string, source: AsyncIterable<Buffer>, signal = never) =>
    throughProgram(shell(script), source, signal);
  afterEach(() => waitFor('all programs to be gone', () => children() === 0, { timeout: 2000 }));

  it('come out as the program turns them', async () => {
    const source = Readable.from([Buffer.from('ab'), Buffer.from('cd')]);
    assert.equal(await all(through('tr a-z A-Z', source)), 'ABCD');
  });

  it('end with what the program said when it fails, although the source goes on', async () => {
    await assert.rejects(all(through('head -c 1 >/dev/null; echo bad luck >&2; exit 3', endless())), {
      code: 'invalid-argument',
      message: 'sh: bad luck',
    });
    await assert.rejects(all(through('kill -9 $$', endless())), { message: 'sh: ended with SIGKILL' });
  });

  it('end with the failure of their source', async () => {
    const source = async function* () {
      yield Buffer.from('x');
      await sleep(1);
      throw new Error('the client has gone');
    };
    await assert.rejects(all(through('cat', source())), { message: 'the client has gone' });
  });

  it('end when nobody wants more, and when the signal aborts', async () => {
    for await (const chunk of through('exec cat /dev/zero', endless())) {
      assert.ok(chunk.length > 0);
      break;
    }
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(all(through('exec sleep 1000', endless(), abort.signal)), { name: 'AbortError' });
  });

  it('wait for their reader', async () => {
    let taken = 0;
    const source = async function* () {
      for (; taken < 1000; taken += 1) yield Buffer.alloc(65_536);
    };
    const chunks = through('cat', source());
    await chunks.next();
    await sleep(100);
    assert.ok(taken < 100, `${taken} pieces were read ahead`);
    await chunks.return(undefined);
  });

  it('are refused where the program is not there', async () => {
    const filter = { program: 'strata-no-such-program', args: [] };
    // EACCES: a directory of PATH that only root may look into.
    await assert.rejects(all(throughProgram(filter, endless(), never)), { code: /^(?:ENOENT|EACCES)$/ });
  });

  it('are seen by a program that is nobody and knows nothing of the environment', async function () {
    if (process.getuid?.() !== 0) this.skip();
    process.env['STRATA_SECRET'] = 'x';
    try {
      assert.equal(
        await all(through('id -u; id -G; echo "$STRATA_SECRET"', Readable.from([]))),
        '65534\n65534\n\n',
      );
    } finally {
      delete process.env['STRATA_SECRET'];
    }
  });
});
