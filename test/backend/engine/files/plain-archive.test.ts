import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { plainArchive } from '../../../../backend/engine/files/plain-archive.ts';
import { run } from '../../../support/run.ts';

const never = new AbortController().signal;
const TEXT = 'what is in it\n'.repeat(50_000);

async function plain(bytes: Buffer, pieces = 1): Promise<string> {
  const size = Math.ceil(bytes.length / pieces);
  const chunks = Array.from({ length: pieces }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
  using archive = plainArchive(Readable.from(chunks, { objectMode: false }), never);
  const parts: Buffer[] = [];
  for await (const chunk of archive.content) parts.push(chunk as Buffer);
  return Buffer.concat(parts).toString();
}

/** TEXT as the program packs it. */
async function packed(program: string, ...args: string[]): Promise<Buffer> {
  const { stdout } = await run('sh', [
    '-c',
    `yes 'what is in it' | head -n 50000 | ${program} -c ${args.join(' ')} | base64`,
  ]);
  return Buffer.from(stdout, 'base64');
}

describe('an archive that Node cannot decompress', () => {
  for (const program of ['xz', 'bzip2'] as const) {
    it(`is read with ${program}, in pieces of any size and several streams after each other`, async () => {
      const bytes = await packed(program);
      assert.equal(await plain(bytes), TEXT);
      assert.equal(await plain(bytes, bytes.length), TEXT);
      assert.equal(await plain(Buffer.concat([bytes, bytes])), TEXT + TEXT);
    });

    it(`is refused where ${program} says that it is cut short or damaged`, async () => {
      const bytes = await packed(program);
      const refused = { code: 'invalid-argument', message: new RegExp(`^archive is damaged: ${program}: `) };
      await assert.rejects(plain(bytes.subarray(0, bytes.length >> 1)), refused);
      const damaged = Buffer.from(bytes);
      damaged.fill(0x55, 30, 60);
      await assert.rejects(plain(damaged), refused);
    });

    it(`is refused with the name of ${program} where that is not installed`, async () => {
      const bytes = await packed(program);
      const path = process.env['PATH'];
      process.env['PATH'] = '/nowhere';
      try {
        await assert.rejects(plain(bytes), {
          code: 'invalid-argument',
          message: `archives compressed with ${program} need the program ${program}, which is not installed on this machine`,
        });
      } finally {
        process.env['PATH'] = path;
      }
    });
  }

  it('is refused where it needs more memory than an honest one', async () => {
    await assert.rejects(plain(await packed('xz', '--lzma2=dict=512MiB')), {
      code: 'invalid-argument',
      message: /xz: .*[Mm]emory usage limit/,
    });
  });

  it('is let through as it is in every other case', async () => {
    assert.equal(await plain(Buffer.from('BZ')), 'BZ');
    assert.equal(await plain(Buffer.alloc(0)), '');
  });
});
