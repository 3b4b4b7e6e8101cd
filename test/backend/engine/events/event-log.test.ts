import assert from 'node:assert/strict';
import { EventLog } from '../../../../backend/engine/events/event-log.ts';

describe('the event log', () => {
  it('gives every event a time of its own, in order', () => {
    const log = new EventLog();
    for (let count = 0; count < 100; count += 1) log.emit('container', 'start', `${count}`);
    const times = log.between(0n, 2n ** 63n).map(({ time }) => time);
    assert.equal(new Set(times).size, 100);
    assert.deepEqual(
      [...times].sort((a, b) => (a < b ? -1 : 1)),
      times,
    );
  });

  it('keeps the last 256 and finds a span, its bounds included', () => {
    const log = new EventLog();
    for (let count = 0; count < 300; count += 1) log.emit('image', 'pull', `${count}`);
    const kept = log.between(0n, 2n ** 63n);
    assert.deepEqual([kept.length, kept[0]?.actor.id, kept.at(-1)?.actor.id], [256, '44', '299']);
    const time = kept[10]?.time ?? 0n;
    assert.deepEqual(log.between(time, time), [kept[10]]);
  });

  it('tells listeners until they end', () => {
    const log = new EventLog();
    const heard: string[] = [];
    const end = log.subscribe(({ action }) => heard.push(action));
    log.emit('container', 'one', 'x');
    end();
    log.emit('container', 'two', 'x');
    assert.deepEqual(heard, ['one']);
  });
});
