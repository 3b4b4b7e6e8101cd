import assert from 'node:assert/strict';
import { CleanupStack } from '../../../backend/base/cleanup-stack.ts';
import { codeOf, conflict, isErrno, messageOf } from '../../../backend/base/errors.ts';
import { isId, newContainerId } from '../../../backend/base/ids.ts';
import { KeyedLock } from '../../../backend/base/keyed-lock.ts';
import { Semaphore } from '../../../backend/base/semaphore.ts';

const pause = (milliseconds = 5): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a cleanup stack', () => {
  it('undoes in reverse order, completely, and tells every failure', async () => {
    const undone: number[] = [];
    const stack = new CleanupStack();
    stack.defer(() => void undone.push(1));
    stack.defer(() => Promise.reject(new Error('two')));
    stack.defer(() => {
      throw new Error('three');
    });
    stack.defer(() => void undone.push(4));
    await assert.rejects(async () => stack[Symbol.asyncDispose](), /undo failed: three; two/);
    assert.deepEqual(undone, [4, 1]);
  });

  it('undoes nothing after a success, and nothing twice', async () => {
    let undone = 0;
    const stack = new CleanupStack();
    stack.defer(() => void (undone += 1));
    await stack[Symbol.asyncDispose]();
    await stack[Symbol.asyncDispose]();
    stack.defer(() => void (undone += 1));
    stack.release();
    await stack[Symbol.asyncDispose]();
    assert.equal(undone, 1);
  });

  it('does not hide the failure that made it undo', async () => {
    const failed = (async () => {
      await using undo = new CleanupStack();
      undo.defer(() => Promise.reject(new Error('busy')));
      throw conflict('the port is taken');
    })();
    const error: unknown = await failed.catch((reason: unknown) => reason);
    assert.equal(codeOf(error), 'conflict');
    assert.equal(messageOf(error), 'the port is taken (undo failed: busy)');
  });
});

describe('errors', () => {
  it('that are not ours are internal', () => {
    assert.equal(codeOf(new Error('x')), 'internal');
    assert.equal(messageOf('text'), 'text');
    assert.equal(isErrno(Object.assign(new Error('x'), { code: 'ENOENT' }), 'ENOENT'), true);
    assert.equal(isErrno(null, 'ENOENT'), false);
  });
});

describe('a keyed lock', () => {
  it('runs work of one key in order of arrival, also after a failure, and other keys beside it', async () => {
    const lock = new KeyedLock();
    const order: string[] = [];
    const work =
      (name: string, fail = false) =>
      async () => {
        order.push(`${name} begins`);
        await pause();
        order.push(`${name} ends`);
        if (fail) throw new Error(name);
      };
    const runs = [lock.run('k', work('a', true)), lock.run('k', work('b')), lock.run('other', work('c'))];
    const outcomes = await Promise.allSettled(runs);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(
      order.filter((entry) => !entry.startsWith('c')),
      ['a begins', 'a ends', 'b begins', 'b ends'],
    );
    assert.ok(order.indexOf('c begins') < order.indexOf('a ends'));
  });
});

describe('a semaphore', () => {
  it('lets only so many in at once, and the next one after a failure', async () => {
    const semaphore = new Semaphore(2);
    let inside = 0;
    let most = 0;
    const runs = [0, 1, 2, 3, 4].map((number) =>
      semaphore.run(async () => {
        inside += 1;
        most = Math.max(most, inside);
        await pause();
        inside -= 1;
        if (number === 0) throw new Error('first');
      }),
    );
    const outcomes = await Promise.allSettled(runs);
    assert.equal(most, 2);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 4);
  });
});

describe('ids', () => {
  it('are 64 hexadecimal digits whose short form is no number', () => {
    for (let count = 0; count < 100; count += 1) {
      const id = newContainerId();
      assert.ok(isId(id));
      assert.match(id.slice(0, 12), /[a-f]/);
    }
    assert.equal(isId('ABC'), false);
  });
});
