import assert from 'node:assert/strict';
import { attachContainer } from '../../../../backend/engine/containers/attach.ts';
import { killContainer } from '../../../../backend/engine/containers/kill.ts';
import { removeContainer } from '../../../../backend/engine/containers/remove.ts';
import { restartContainer } from '../../../../backend/engine/containers/restart.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { stopContainer } from '../../../../backend/engine/containers/stop.ts';
import { createRequest, makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';
import { createContainer } from '../../../../backend/engine/containers/create.ts';
import { waitFor } from '../../../support/wait-for.ts';

const never = new AbortController().signal;
const patient = { signal: null, timeout: null };

describe('the life of a container', () => {
  it('tells create, attach, start, die and destroy of an auto-removed container, in this order', async () => {
    await using engine = await makeEngine();
    const { context, runtime, actions } = engine;
    const { id } = await makeContainer(engine, { host: { autoRemove: true } });
    const { streams } = attachContainer(context, id, { stdin: true, stream: true }, never);
    await startContainer(context, id);
    assert.ok(await streams);
    runtime.exit(id, 3);
    await waitFor('the removal', () => context.containers.get(id) === undefined);
    await waitFor('the last event', () => actions.at(-1) === 'destroy');
    assert.deepEqual(actions, ['create', 'attach', 'start', 'die', 'destroy']);
    assert.equal(engine.snapshotter.prepared.size + engine.snapshotter.mounted.size, 0);
    assert.equal(engine.networks.attached.size, 0);
  });

  it('gives mount and network back when the program ends, and keeps the writable layer', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await startContainer(engine.context, container.id);
    assert.equal(container.state.status, 'running');
    engine.runtime.exit(container.id, 7, true);
    await engine.context.live.of(container.id).exit;
    assert.deepEqual(engine.actions, ['create', 'start', 'oom', 'die']);
    assert.equal(container.state.status, 'exited');
    assert.equal(container.state.exitCode, 7);
    assert.equal(container.state.oomKilled, true);
    assert.equal(container.state.pid, 0);
    assert.equal(container.sandbox, null);
    assert.equal(engine.snapshotter.mounted.size + engine.networks.attached.size, 0);
    assert.equal(engine.snapshotter.prepared.size, 1);
  });

  it('starts a running container no second time', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const starts = await Promise.allSettled([
      startContainer(engine.context, id),
      startContainer(engine.context, id),
    ]);
    assert.deepEqual(
      starts.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    await assert.rejects(startContainer(engine.context, id), { code: 'not-modified' });
    assert.equal(engine.calls.filter((call) => call === 'start').length, 1);
  });

  it('undoes a creation whose name was taken meanwhile', async () => {
    await using engine = await makeEngine();
    const request = createRequest({ name: 'same', volumes: ['/data'] });
    const outcomes = await Promise.allSettled([
      createContainer(engine.context, request),
      createContainer(engine.context, request),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal(engine.snapshotter.prepared.size, 1);
    assert.equal(engine.volumes.byName.size, 1);
    assert.equal(engine.context.containers.all().length, 1);
  });

  it('says "No such image" with its tag, which makes docker run pull', async () => {
    await using engine = await makeEngine();
    await assert.rejects(makeContainer(engine, { image: 'absent' }), {
      code: 'not-found',
      message: 'No such image: absent:latest',
    });
    assert.equal(engine.context.containers.all().length, 0);
  });

  it('refuses auto-removal together with a restart policy', async () => {
    await using engine = await makeEngine();
    const host = { autoRemove: true, restartPolicy: { name: 'always' as const, maximumRetryCount: 0 } };
    await assert.rejects(makeContainer(engine, { host }), { code: 'invalid-argument' });
  });
});

describe('stopping', () => {
  it('tells kill, die and stop', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    await startContainer(engine.context, id);
    await stopContainer(engine.context, id, patient);
    assert.deepEqual(engine.actions, ['create', 'start', 'kill', 'die', 'stop']);
  });

  it('is not modified for a container that does not run', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    await assert.rejects(stopContainer(engine.context, id, patient), { code: 'not-modified' });
  });

  it('sends SIGKILL when the patience is over', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { stopSignal: 'SIGUSR1' });
    await startContainer(engine.context, id);
    await stopContainer(engine.context, id, { signal: null, timeout: 0 });
    assert.deepEqual(
      engine.calls.filter((call) => call.startsWith('kill')),
      ['kill 10', 'kill 9'],
    );
  });

  it('waits as long as the user says, also longer than a timer of Node can run', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { stopSignal: 'SIGUSR1' });
    await startContainer(engine.context, id);
    const stopped = stopContainer(engine.context, id, { signal: null, timeout: 9_999_999 });
    setTimeout(() => engine.runtime.exit(id, 0), 50);
    await stopped;
    assert.deepEqual(
      engine.calls.filter((call) => call.startsWith('kill')),
      ['kill 10'],
    );
  });

  it('of two at once both succeed', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await startContainer(engine.context, container.id);
    await Promise.all([
      stopContainer(engine.context, container.id, patient),
      stopContainer(engine.context, container.id, patient),
    ]);
    assert.equal(container.state.status, 'exited');
    assert.equal(engine.actions.filter((action) => action === 'die').length, 1);
  });
});

describe('killing', () => {
  it('has handled the exit when SIGKILL is answered', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await startContainer(engine.context, container.id);
    await killContainer(engine.context, container.id, '');
    assert.equal(container.state.status, 'exited');
    assert.equal(container.state.exitCode, 137);
  });

  it('only tells the program of other signals', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await startContainer(engine.context, container.id);
    await killContainer(engine.context, container.id, 'HUP');
    assert.equal(container.state.status, 'running');
    assert.deepEqual(engine.actions, ['create', 'start', 'kill']);
  });

  it('is a conflict for a container that does not run', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    await assert.rejects(killContainer(engine.context, id, 'KILL'), { code: 'conflict' });
  });
});

describe('restarting by hand', () => {
  it('tells kill, die, stop, start and restart, and spares an auto-removed container', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, { host: { autoRemove: true } });
    await startContainer(engine.context, container.id);
    await restartContainer(engine.context, container.id, patient);
    assert.equal(container.state.status, 'running');
    assert.deepEqual(engine.actions.slice(2), ['kill', 'die', 'stop', 'start', 'restart']);
  });

  it('starts a container that does not run', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await restartContainer(engine.context, container.id, patient);
    assert.deepEqual(engine.actions, ['create', 'start', 'restart']);
  });

  it('of two at once does not remove an auto-removed container in between', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, { host: { autoRemove: true } });
    await startContainer(engine.context, container.id);
    await Promise.all([
      restartContainer(engine.context, container.id, patient),
      restartContainer(engine.context, container.id, patient),
    ]);
    assert.equal(container.state.status, 'running');
    assert.equal(engine.context.containers.get(container.id), container);
  });

  it('does not bring back a container that was removed while it stopped', async () => {
    await using engine = await makeEngine();
    const { context } = engine;
    const container = await makeContainer(engine);
    await startContainer(context, container.id);
    const [restarted, removed] = await Promise.allSettled([
      restartContainer(context, container.id, patient),
      removeContainer(context, container.id, { force: true, volumes: false }),
    ]);
    assert.equal(removed.status, 'fulfilled');
    assert.equal(context.containers.get(container.id), undefined);
    assert.equal(engine.snapshotter.mounted.size + engine.networks.attached.size, 0);
    assert.ok(['fulfilled', 'rejected'].includes(restarted.status));
  });

  it('removes an auto-removed container that cannot be started again', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, { host: { autoRemove: true } });
    await startContainer(engine.context, container.id);
    engine.runtime.startFunc = () => Promise.reject(new Error('no more'));
    await assert.rejects(restartContainer(engine.context, container.id, patient), /no more/);
    assert.equal(engine.context.containers.get(container.id), undefined);
  });
});
