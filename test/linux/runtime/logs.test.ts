import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { readLogs } from '../../../backend/runtime/logs/read-logs.ts';
import { RuntimeFixture } from './runtime-fixture.ts';

describe('runtime: logs written by conmon', function () {
  this.timeout(20_000);
  const fixture = new RuntimeFixture();
  before(() => fixture.open());
  after(() => fixture.close());

  it('joins long lines and keeps what has no newline', async () => {
    const { id } = await fixture.run(['sh', '-c', 'printf %020000d 7; echo; echo err >&2; printf end']);
    const lines: string[] = [];
    for await (const block of readLogs({ path: fixture.logPath(id), follow: false }))
      for (const { stream, bytes } of block)
        lines.push(`${stream} ${bytes.length} ${JSON.stringify(bytes.toString().slice(-4))}`);
    assert.deepEqual(lines.sort(), ['stderr 4 "err\\n"', 'stdout 20001 "007\\n"', 'stdout 3 "end"'].sort());
  });

  it('follows across a rotation without losing or repeating a line, and ends with the container', async () => {
    const request = fixture.request([
      'sh',
      '-c',
      'i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); sleep 0.005; done',
    ]);
    await fixture.runtime.create(request);
    await fixture.runtime.start(request.id);
    const ended = fixture.runtime.waitExit(request.id);
    const lines: number[] = [];
    let rotations = 0;
    for await (const block of readLogs({ path: request.logPath, follow: true, ended })) {
      lines.push(...block.map(({ bytes }) => Number(bytes.toString())));
      if (lines.length < ([50, 120][rotations] ?? Infinity)) continue;
      rotations += 1;
      if (rotations === 2) renameSync(`${request.logPath}.1`, `${request.logPath}.2`);
      renameSync(request.logPath, `${request.logPath}.1`);
      await fixture.runtime.reopenLog(request.id);
    }
    assert.equal(rotations, 2);
    assert.deepEqual(
      lines,
      Array.from({ length: 300 }, (_, index) => index),
    );
  });
});
