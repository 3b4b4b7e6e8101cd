import assert from 'node:assert/strict';
import type { HostConfig } from '../../../../backend/engine/containers/container.ts';
import { removeContainer } from '../../../../backend/engine/containers/remove.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { stopContainer } from '../../../../backend/engine/containers/stop.ts';
import { killContainer } from '../../../../backend/engine/containers/kill.ts';
import { makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';
import { waitFor } from '../../../support/wait-for.ts';

const policy = (name: HostConfig['restartPolicy']['name'], maximumRetryCount = 0) => ({
  host: { restartPolicy: { name, maximumRetryCount } },
});
const patient = { signal: null, timeout: null };

describe('the restart policy', () => {
  it('brings a container back with a count, and tells die and start', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, policy('always'));
    await startContainer(engine.context, container.id);
    engine.runtime.exit(container.id, 0);
    await waitFor(
      'the restart',
      () => container.state.restartCount === 1 && container.state.status === 'running',
    );
    assert.deepEqual(engine.actions, ['create', 'start', 'die', 'start']);
  });

  it('on-failure gives up after its last try and tells whoever waits', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, policy('on-failure', 1));
    await startContainer(engine.context, container.id);
    engine.runtime.exit(container.id, 1);
    await waitFor(
      'the restart',
      () => container.state.restartCount === 1 && container.state.status === 'running',
    );
    engine.runtime.exit(container.id, 1);
    await waitFor('the end', () => container.state.status === 'exited');
    assert.equal(engine.context.live.of(container.id).restartTimer, null);
  });

  it('on-failure lets a success be', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, policy('on-failure'));
    await startContainer(engine.context, container.id);
    engine.runtime.exit(container.id, 0);
    await waitFor('the end', () => container.state.status === 'exited');
  });

  it('does not bring back what the user stopped or killed', async () => {
    await using engine = await makeEngine();
    for (const end of [
      (id: string) => stopContainer(engine.context, id, patient),
      (id: string) => killContainer(engine.context, id, 'KILL'),
    ]) {
      const container = await makeContainer(engine, policy('always'));
      await startContainer(engine.context, container.id);
      await end(container.id);
      assert.equal(container.state.status, 'exited');
    }
  });

  it('goes on after an automatic start that failed', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, policy('always'));
    await startContainer(engine.context, container.id);
    engine.runtime.startFunc = () => Promise.reject(new Error('not now'));
    engine.runtime.exit(container.id, 1);
    await waitFor('the failure', () => container.state.error === 'not now');
    delete engine.runtime.startFunc;
    await waitFor('the restart', () => container.state.status === 'running');
  });

  it('remembers in the record that a failed automatic start is to be repeated', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, policy('always'));
    await startContainer(engine.context, container.id);
    engine.runtime.startFunc = () => Promise.reject(new Error('not now'));
    engine.runtime.exit(container.id, 1);
    await waitFor(
      'the failure',
      () => container.state.error === 'not now' && container.state.status === 'restarting',
    );
    await using later = engine.restart();
    assert.equal(later.context.containers.resolve(container.id).state.status, 'restarting');
  });

  it('stops a container that is being restarted at that moment', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, policy('always'));
    await startContainer(engine.context, container.id);
    const starting = Promise.withResolvers<void>();
    engine.runtime.startFunc = () => starting.promise;
    engine.runtime.exit(container.id, 1);
    await waitFor('the second start', () => engine.calls.filter((call) => call === 'start').length === 2);
    const stopped = stopContainer(engine.context, container.id, patient);
    starting.resolve();
    await stopped;
    assert.equal(container.state.status, 'exited');
    assert.equal(engine.snapshotter.mounted.size, 0);
  });

  it('gives way to a removal between two restarts, which needs force as with Docker', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, policy('always'));
    await startContainer(engine.context, container.id);
    engine.runtime.exit(container.id, 1);
    await waitFor('the pause', () => container.state.status === 'restarting', { every: 1 });
    await assert.rejects(removeContainer(engine.context, container.id, { force: false, volumes: false }), {
      code: 'conflict',
    });
    await removeContainer(engine.context, container.id, { force: true, volumes: false });
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(engine.calls.filter((call) => call === 'start').length, 1);
    assert.equal(engine.snapshotter.mounted.size, 0);
  });
});

describe('following a container to its end', () => {
  it('goes on after a watch that failed, by asking what became of it', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await startContainer(engine.context, container.id);
    engine.runtime.adoptFunc = async () => ({
      state: 'exited',
      status: { code: 9, oomKilled: false, finishedAt: new Date() },
    });
    engine.runtime.failWait(container.id, new Error('no pidfd'));
    await waitFor('the end', () => container.state.status === 'exited');
    assert.equal(container.state.exitCode, 9);
  });

  it('leaves running containers alone when the daemon ends', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await startContainer(engine.context, container.id);
    engine.shutDown();
    await engine.context.live.of(container.id).exit;
    assert.equal(container.state.status, 'running');
    assert.deepEqual(engine.complaints, []);
  });
});
