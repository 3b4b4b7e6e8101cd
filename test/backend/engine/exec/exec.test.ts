import assert from 'node:assert/strict';
import type { ExecRequest, ExitStatus } from '../../../../backend/runtime/runtime.ts';
import { createExec } from '../../../../backend/engine/exec/create-exec.ts';
import { claimExec } from '../../../../backend/engine/exec/start-exec.ts';
import type { ExecConfig } from '../../../../backend/engine/exec/exec-set.ts';
import { removeContainer } from '../../../../backend/engine/containers/remove.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';
import { fakeStreams } from '../../../support/fakes/fake-runtime.ts';
import { waitFor } from '../../../support/wait-for.ts';

const config: ExecConfig = {
  cmd: ['ls'],
  env: ['A=1'],
  user: '',
  workingDir: '',
  tty: false,
  privileged: false,
  attachStdin: true,
  attachStdout: true,
  attachStderr: true,
  detachKeys: '',
  consoleSize: null,
};

async function runningContainer() {
  const engine = await makeEngine();
  const container = await makeContainer(engine);
  await startContainer(engine.context, container.id);
  const requests: ExecRequest[] = [];
  const end = Promise.withResolvers<ExitStatus>();
  engine.runtime.execFunc = async (request) => {
    requests.push(request);
    const streams = request.attach === false ? null : fakeStreams({ stdin: true, tty: false });
    return { pid: 5, streams, exit: end.promise, resize: async () => undefined, kill: () => undefined };
  };
  return { engine, container, requests, end };
}

describe('an exec', () => {
  it('tells of its creation, start and end, and keeps its exit code', async () => {
    const { engine, container, end, requests } = await runningContainer();
    await using _engine = engine;
    const exec = createExec(engine.context, container.id, config);
    await claimExec(engine.context, exec.id)({ detach: false });
    assert.equal(exec.running?.pid, 5);
    end.resolve({ code: 3, oomKilled: false, finishedAt: new Date() });
    await waitFor('the end', () => exec.state === 'exited');
    assert.equal(engine.context.execs.get(exec.id).exitCode, 3);
    assert.deepEqual(engine.actions.slice(2), ['exec_create: ls', 'exec_start: ls', 'exec_die']);
    assert.ok(requests[0]?.process.env.includes('A=1'));
  });

  it('can be started only once', async () => {
    const { engine, container } = await runningContainer();
    await using _engine = engine;
    const exec = createExec(engine.context, container.id, config);
    claimExec(engine.context, exec.id);
    assert.throws(() => claimExec(engine.context, exec.id), { code: 'conflict' });
  });

  it('that is detached has no streams that nobody would read', async () => {
    const { engine, container, requests } = await runningContainer();
    await using _engine = engine;
    const exec = createExec(engine.context, container.id, config);
    const running = await claimExec(engine.context, exec.id)({ detach: true });
    assert.equal(running.streams, null);
    assert.deepEqual([requests[0]?.attach, requests[0]?.openStdin], [false, false]);
  });

  it('whose program is missing ends with 127', async () => {
    const { engine, container } = await runningContainer();
    await using _engine = engine;
    engine.runtime.execFunc = () => Promise.reject(new Error('executable file `nope` not found in $PATH'));
    const exec = createExec(engine.context, container.id, config);
    await assert.rejects(claimExec(engine.context, exec.id)({ detach: false }), { code: 'invalid-argument' });
    assert.deepEqual([exec.state, exec.exitCode], ['exited', 127]);
  });

  it('needs a command and a running container, which stays a need until it starts', async () => {
    const { engine, container } = await runningContainer();
    await using _engine = engine;
    const { context } = engine;
    assert.throws(() => createExec(context, container.id, { ...config, cmd: [] }), {
      code: 'invalid-argument',
    });
    const exec = createExec(context, container.id, config);
    engine.runtime.exit(container.id);
    await context.live.of(container.id).exit;
    assert.throws(() => claimExec(context, exec.id), { code: 'conflict' });
    assert.equal(exec.state, 'created');
    assert.throws(() => createExec(context, container.id, config), { code: 'conflict' });
  });

  it('that never began is forgotten with its container', async () => {
    const { engine, container } = await runningContainer();
    await using _engine = engine;
    const exec = createExec(engine.context, container.id, config);
    await removeContainer(engine.context, container.id, { force: true, volumes: false });
    assert.throws(() => engine.context.execs.get(exec.id), { code: 'not-found' });
  });
});
