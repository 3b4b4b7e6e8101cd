import assert from 'node:assert/strict';
import { attachContainer } from '../../../../backend/engine/containers/attach.ts';
import { killContainer } from '../../../../backend/engine/containers/kill.ts';
import { pauseContainer } from '../../../../backend/engine/containers/pause.ts';
import { recoverContainers } from '../../../../backend/engine/containers/recover.ts';
import { removeContainer } from '../../../../backend/engine/containers/remove.ts';
import { restartContainer } from '../../../../backend/engine/containers/restart.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { stopContainer } from '../../../../backend/engine/containers/stop.ts';
import { unpauseContainer } from '../../../../backend/engine/containers/unpause.ts';
import { createExec } from '../../../../backend/engine/exec/create-exec.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';

const patient = { signal: null, timeout: null };

async function paused(engine: FakeEngine) {
  const container = await makeContainer(engine);
  await startContainer(engine.context, container.id);
  await pauseContainer(engine.context, container.id);
  return container;
}

describe('a paused container', () => {
  it('says so, and goes on after unpause', async () => {
    await using engine = await makeEngine();
    const container = await paused(engine);
    assert.equal(container.state.status, 'paused');
    await unpauseContainer(engine.context, container.id);
    assert.equal(container.state.status, 'running');
    assert.deepEqual(engine.actions.slice(-2), ['pause', 'unpause']);
  });

  it('cannot be paused again, started, attached to, or run commands in', async () => {
    await using engine = await makeEngine();
    const { context } = engine;
    const { id } = await paused(engine);
    const conflict = (message: RegExp) => ({ code: 'conflict', message });
    await assert.rejects(pauseContainer(context, id), conflict(/is already paused/));
    await assert.rejects(startContainer(context, id), conflict(/try unpause instead/));
    const config = { cmd: ['ls'], env: [], user: '', workingDir: '', tty: false, privileged: false };
    const streams = { attachStdin: false, attachStdout: true, attachStderr: true };
    assert.throws(
      () => createExec(context, id, { ...config, ...streams, detachKeys: '', consoleSize: null }),
      conflict(/is paused, unpause the container before exec/),
    );
    assert.throws(
      () => attachContainer(context, id, { stdin: false, stream: true }, new AbortController().signal),
      conflict(/before attach/),
    );
    await assert.rejects(
      removeContainer(context, id, { force: false, volumes: false }),
      conflict(/paused and must be unpaused first/),
    );
  });

  for (const [name, end] of [
    ['stop', (engine: FakeEngine, id: string) => stopContainer(engine.context, id, patient)],
    ['kill', (engine: FakeEngine, id: string) => killContainer(engine.context, id, '')],
  ] as const) {
    it(`is thawed by ${name}, after the signal`, async () => {
      await using engine = await makeEngine();
      const container = await paused(engine);
      engine.calls.length = 0;
      await end(engine, container.id);
      assert.equal(container.state.status, 'exited');
      const [first, second] = engine.calls;
      assert.match(first ?? '', /^kill/);
      assert.equal(second, 'resume');
    });
  }

  it('runs after a restart, and goes with a removal by force', async () => {
    await using engine = await makeEngine();
    const container = await paused(engine);
    await restartContainer(engine.context, container.id, patient);
    assert.equal(container.state.status, 'running');
    await pauseContainer(engine.context, container.id);
    await removeContainer(engine.context, container.id, { force: true, volumes: false });
    assert.equal(engine.context.containers.get(container.id), undefined);
  });

  it('is still paused under the next daemon, also where the record had not been written', async () => {
    for (const recorded of [true, false]) {
      await using engine = await makeEngine();
      const before = await paused(engine);
      if (!recorded) before.state.status = 'running';
      engine.context.containers.save(before);
      await using later = engine.restart();
      later.runtime.adoptFunc = async () => ({
        state: 'paused',
        monitored: { conmon: { pid: 1, startTime: 1 }, init: { pid: 2, startTime: 1 } },
      });
      await recoverContainers(later.context);
      const container = later.context.containers.resolve(before.id);
      assert.equal(container.state.status, 'paused');
      await unpauseContainer(later.context, container.id);
      await stopContainer(later.context, container.id, patient);
    }
  });

  it('that does not run cannot be paused, nor one unpaused that runs', async () => {
    await using engine = await makeEngine();
    const { context } = engine;
    const { id } = await makeContainer(engine);
    await assert.rejects(pauseContainer(context, id), { code: 'conflict', message: /is not running/ });
    await startContainer(context, id);
    await assert.rejects(unpauseContainer(context, id), { code: 'conflict', message: /is not paused/ });
  });
});
