import assert from 'node:assert/strict';
import { attachContainer } from '../../../../backend/engine/containers/attach.ts';
import { killContainer } from '../../../../backend/engine/containers/kill.ts';
import { removeContainer } from '../../../../backend/engine/containers/remove.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { stopContainer } from '../../../../backend/engine/containers/stop.ts';
import { waitForContainer } from '../../../../backend/engine/containers/wait-for-container.ts';
import { makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';
import { waitFor } from '../../../support/wait-for.ts';

const never = new AbortController().signal;
const both = { stdin: true, stream: true };

describe('waiting for a container', () => {
  it('for not-running is over at once where it does not run', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    assert.equal(await waitForContainer(engine.context, id, 'not-running', never), 0);
    await startContainer(engine.context, id);
    const exit = waitForContainer(engine.context, id, 'not-running', never);
    engine.runtime.exit(id, 4);
    assert.equal(await exit, 4);
  });

  it('for next-exit waits for a start too', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const exit = waitForContainer(engine.context, id, 'next-exit', never);
    await startContainer(engine.context, id);
    engine.runtime.exit(id, 5);
    assert.equal(await exit, 5);
  });

  it('for removed ends with the removal, with the last exit code', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const removed = waitForContainer(engine.context, id, 'removed', never);
    await startContainer(engine.context, id);
    await killContainer(engine.context, id, 'KILL');
    await removeContainer(engine.context, id, { force: false, volumes: false });
    assert.equal(await removed, 137);
  });

  it('for next-exit ends when the container is removed', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const exit = waitForContainer(engine.context, id, 'next-exit', never);
    await removeContainer(engine.context, id, { force: false, volumes: false });
    assert.equal(await exit, 0);
  });

  it('ends with the client, also with one that has gone before', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const gone = new AbortController();
    const exit = waitForContainer(engine.context, id, 'next-exit', gone.signal);
    gone.abort();
    assert.equal(await exit, null);
    assert.equal(await waitForContainer(engine.context, id, 'next-exit', gone.signal), null);
  });

  it('for not-running ends when a container is stopped between two automatic restarts', async () => {
    await using engine = await makeEngine();
    const host = { restartPolicy: { name: 'always' as const, maximumRetryCount: 0 } };
    const container = await makeContainer(engine, { host });
    await startContainer(engine.context, container.id);
    engine.runtime.exit(container.id, 6);
    await waitFor('the pause', () => container.state.status === 'restarting', { every: 1 });
    const exit = waitForContainer(engine.context, container.id, 'not-running', never);
    await stopContainer(engine.context, container.id, { signal: null, timeout: null });
    assert.equal(await exit, 6);
  });

  it('is refused for an unknown container', async () => {
    await using engine = await makeEngine();
    assert.throws(() => waitForContainer(engine.context, 'nobody', 'removed', never), { code: 'not-found' });
  });
});

describe('attaching to a container', () => {
  it('before its start gives the streams before the program runs', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { openStdin: true });
    const { streams } = attachContainer(engine.context, id, both, never);
    await startContainer(engine.context, id);
    assert.ok((await streams)?.stdin);
    assert.deepEqual(engine.calls.slice(-3), ['create', 'attach', 'start']);
  });

  it('while the program is being started is not forgotten', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const starting = Promise.withResolvers<void>();
    engine.runtime.startFunc = () => starting.promise;
    const started = startContainer(engine.context, id);
    await waitFor('the start', () => engine.calls.includes('start'), { every: 1 });
    const { streams } = attachContainer(engine.context, id, both, never);
    starting.resolve();
    await started;
    const outcome = await Promise.race([
      streams,
      new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 500)),
    ]);
    assert.notEqual(outcome, 'late');
    assert.ok(outcome);
  });

  it('has no standard input where the container has none', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { openStdin: false });
    await startContainer(engine.context, id);
    assert.equal((await attachContainer(engine.context, id, both, never).streams)?.stdin, null);
  });

  it('ends with nothing when the container is removed without a start', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const { streams } = attachContainer(engine.context, id, both, never);
    await removeContainer(engine.context, id, { force: false, volumes: false });
    assert.equal(await streams, null);
  });

  it('ends with nothing when the client goes, also with one that has gone before', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const gone = new AbortController();
    const { streams } = attachContainer(engine.context, id, both, gone.signal);
    gone.abort();
    assert.equal(await streams, null);
    assert.equal(await attachContainer(engine.context, id, both, gone.signal).streams, null);
  });

  it('connects nothing where only the log is wanted', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    await startContainer(engine.context, id);
    const { streams } = attachContainer(engine.context, id, { stdin: false, stream: false }, never);
    assert.equal(await streams, null);
    assert.equal(engine.runtime.attached.length, 0);
  });

  it('is refused between two automatic restarts', async () => {
    await using engine = await makeEngine();
    const host = { restartPolicy: { name: 'always' as const, maximumRetryCount: 0 } };
    const container = await makeContainer(engine, { host });
    await startContainer(engine.context, container.id);
    engine.runtime.exit(container.id, 6);
    await waitFor('the pause', () => container.state.status === 'restarting', { every: 1 });
    assert.throws(() => attachContainer(engine.context, container.id, both, never), {
      code: 'conflict',
      message: `container ${container.id} is restarting, wait until the container is running`,
    });
  });

  it('fails for the client alone when the streams cannot be connected', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    engine.runtime.attachFunc = () => Promise.reject(new Error('no socket'));
    const { streams } = attachContainer(engine.context, container.id, both, never);
    const failed = assert.rejects(streams, { code: 'unavailable' });
    await startContainer(engine.context, container.id);
    await failed;
    assert.equal(container.state.status, 'running');
  });
});
