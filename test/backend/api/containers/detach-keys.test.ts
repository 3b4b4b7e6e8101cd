import assert from 'node:assert/strict';
import { DetachKeys, parseDetachKeys } from '../../../../backend/api/containers/detach-keys.ts';
import { streamFrame } from '../../../../backend/api/containers/stream-frame.ts';

/** What passes, piece by piece, and whether the keys were seen. */
async function type(sequence: string, ...pieces: string[]): Promise<{ passed: string; detached: boolean }> {
  let detached = false;
  let passed = '';
  const keys = new DetachKeys(sequence, () => (detached = true));
  keys.on('data', (chunk: Buffer) => (passed += chunk.toString('latin1')));
  for (const piece of pieces) keys.write(Buffer.from(piece, 'latin1'));
  if (!detached) keys.end();
  await new Promise((resolve) => setImmediate(resolve));
  return { passed, detached };
}

describe('detach keys', () => {
  it('are ctrl-p ctrl-q where nothing else is said', async () => {
    assert.deepEqual(await type('', 'a\u0010\u0011'), { passed: 'a', detached: true });
  });

  it('are seen across two pieces', async () => {
    assert.deepEqual(await type('', 'a\u0010', '\u0011'), { passed: 'a', detached: true });
  });

  it('pass on what only began like them', async () => {
    assert.deepEqual(await type('', '\u0010x\u0010\u0010y'), {
      passed: '\u0010x\u0010\u0010y',
      detached: false,
    });
  });

  it('pass on a beginning that nothing followed', async () => {
    assert.deepEqual(await type('', 'a\u0010'), { passed: 'a\u0010', detached: false });
  });

  it('can be letters and control characters', async () => {
    assert.deepEqual(parseDetachKeys('ctrl-a,b,ctrl-@,ctrl-['), Buffer.from([1, 98, 0, 27]));
    assert.deepEqual(await type('x,y', 'axy'), { passed: 'a', detached: true });
  });

  it('that are none are refused', () => {
    for (const bad of ['ctrl-', 'ctrl-p,', 'ab', 'ctrl-1'])
      assert.throws(() => parseDetachKeys(bad), { code: 'invalid-argument' }, bad);
  });
});

describe('a stream frame', () => {
  it('has the stream, three zeros and the length before the bytes', () => {
    assert.deepEqual(
      streamFrame('stderr', Buffer.from('hi')),
      Buffer.from([2, 0, 0, 0, 0, 0, 0, 2, 104, 105]),
    );
    assert.deepEqual(streamFrame('stdout', Buffer.alloc(0)), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
  });
});
