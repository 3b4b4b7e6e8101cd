import assert from 'node:assert/strict';
import { startFailureExitCode } from '../../../backend/runtime/start-failure.ts';
import { readAll, RuntimeFixture } from './runtime-fixture.ts';

describe('runtime: runc as second choice', function () {
  this.timeout(30_000);
  const fixture = new RuntimeFixture();
  before(() => fixture.open(['runc']));
  after(() => fixture.close());

  it('runs a container with streams, exit code and limits', async () => {
    assert.equal(fixture.runtime.name, 'runc');
    const { stdout, exit } = await fixture.run(['sh', '-c', 'echo out; exit 3']);
    assert.deepEqual({ stdout, code: exit.code }, { stdout: 'out\n', code: 3 });
  });

  it('runs an exec, and finds the container again', async () => {
    const request = fixture.request(['sleep', '100']);
    await fixture.runtime.create(request);
    assert.equal((await fixture.runtime.adopt(request.id)).state, 'created');
    await fixture.runtime.start(request.id);
    assert.equal((await fixture.runtime.adopt(request.id)).state, 'running');
    const { process } = fixture.request(['sh', '-c', 'echo in; exit 2']).spec;
    const exec = { containerId: request.id, execId: 'e1', process, tty: false, openStdin: false };
    const running = await fixture.runtime.exec(exec);
    assert.ok(running.streams);
    assert.equal((await readAll(running.streams)).stdout, 'in\n');
    assert.equal((await running.exit).code, 2);
  });

  for (const [args, code] of [
    [['nope'], 127],
    [['/bin/nope'], 127],
    [['/etc/no-program'], 126],
    [['/tmp'], 126],
  ] as const) {
    it(`says why ${args.join(' ')} cannot be started`, async () => {
      const failure = await fixture.run([...args]).then(
        () => new Error('it was started'),
        (error: Error) => error,
      );
      assert.equal(startFailureExitCode(failure.message), code, failure.message);
    });
  }
});
