import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import type { Container, HostConfig } from '../../../../backend/engine/containers/container.ts';
import { recoverContainers } from '../../../../backend/engine/containers/recover.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { stopContainer } from '../../../../backend/engine/containers/stop.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';
import { waitFor } from '../../../support/wait-for.ts';

const monitored = { conmon: { pid: 1, startTime: 1 }, init: { pid: 2, startTime: 1 } };
const policy = (name: HostConfig['restartPolicy']['name']) => ({
  host: { restartPolicy: { name, maximumRetryCount: 0 } },
});
const exitedWith = (code: number) => async () => ({
  state: 'exited' as const,
  status: { code, oomKilled: false, finishedAt: new Date() },
});

/** The daemon dies while a container is in this state, and a new one starts. */
async function afterDeath(
  engine: FakeEngine,
  container: Container,
  prepare: (later: FakeEngine) => void = () => undefined,
): Promise<{ later: FakeEngine; container: Container }> {
  const later = engine.restart();
  prepare(later);
  await recoverContainers(later.context);
  return { later, container: later.context.containers.get(container.id) ?? container };
}

describe('recovery after the daemon’s death', () => {
  it('leaves a created container as it was', async () => {
    await using engine = await makeEngine();
    const { later, container } = await afterDeath(engine, await makeContainer(engine));
    await using _later = later;
    assert.equal(container.state.status, 'created');
    await startContainer(later.context, container.id);
  });

  it('adopts a running container and sees its exit', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine);
    await startContainer(engine.context, before.id);
    const { later, container } = await afterDeath(engine, before, ({ runtime }) => {
      runtime.adoptFunc = async () => ({ state: 'running', monitored });
    });
    await using _later = later;
    assert.equal(container.state.status, 'running');
    assert.equal(container.state.startedAt, before.state.startedAt);
    assert.equal(later.calls.includes('unmount'), false);
    later.runtime.exit(container.id, 2);
    await waitFor('the exit', () => container.state.status === 'exited');
    assert.equal(container.state.exitCode, 2);
  });

  it('stops an adopted container', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine);
    await startContainer(engine.context, before.id);
    const { later, container } = await afterDeath(engine, before, ({ runtime }) => {
      runtime.adoptFunc = async () => ({ state: 'running', monitored });
    });
    await using _later = later;
    await stopContainer(later.context, container.id, { signal: null, timeout: null });
    assert.equal(container.state.status, 'exited');
  });

  it('adopts a container whose start had not been recorded yet, with a time of start', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine);
    before.monitored = monitored;
    engine.context.containers.save(before);
    const { later, container } = await afterDeath(engine, before, ({ runtime }) => {
      runtime.adoptFunc = async () => ({ state: 'running', monitored });
    });
    await using _later = later;
    assert.equal(container.state.status, 'running');
    assert.ok(Date.parse(container.state.startedAt) > 0);
  });

  it('records the exit that happened meanwhile and gives back mount and network', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine);
    await startContainer(engine.context, before.id);
    const { later, container } = await afterDeath(engine, before, ({ runtime }) => {
      runtime.adoptFunc = exitedWith(42);
    });
    await using _later = later;
    assert.equal(container.state.status, 'exited');
    assert.equal(container.state.exitCode, 42);
    assert.equal(container.sandbox, null);
    assert.deepEqual(later.actions, ['die']);
    assert.ok(later.calls.includes('unmount') && later.calls.includes('disconnect'));
  });

  it('gives 255 to a container that is gone with its boot', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine);
    await startContainer(engine.context, before.id);
    const { later, container } = await afterDeath(engine, before);
    await using _later = later;
    assert.equal(container.state.status, 'exited');
    assert.equal(container.state.exitCode, 255);
  });

  it('removes an auto-removed container that ended meanwhile', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine, { host: { autoRemove: true } });
    await startContainer(engine.context, before.id);
    const { later } = await afterDeath(engine, before, ({ runtime }) => {
      runtime.adoptFunc = exitedWith(0);
    });
    await using _later = later;
    assert.equal(later.context.containers.get(before.id), undefined);
  });

  for (const state of ['created', 'gone'] as const) {
    it(`undoes a start that was cut short: a ${state} container is what it was before`, async () => {
      await using engine = await makeEngine();
      const before = await makeContainer(engine);
      before.monitored = monitored;
      engine.context.containers.save(before);
      const { later, container } = await afterDeath(engine, before, ({ runtime }) => {
        runtime.adoptFunc = async () => (state === 'gone' ? { state } : { state, monitored });
      });
      await using _later = later;
      assert.equal(container.state.status, 'created');
      assert.equal(container.monitored, null);
      assert.equal(container.state.exitCode, 0);
      assert.ok(later.calls.includes('delete'));
    });
  }

  it('finishes a removal that was cut short', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine);
    before.state.status = 'removing';
    engine.context.containers.save(before);
    const { later } = await afterDeath(engine, before);
    await using _later = later;
    assert.equal(later.context.containers.get(before.id), undefined);
    assert.deepEqual(await readdir(later.context.layout.containers), []);
  });

  it('goes on with an automatic restart, of on-failure too', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine, policy('on-failure'));
    await startContainer(engine.context, before.id);
    engine.runtime.exit(before.id, 1);
    await waitFor('the pause', () => before.state.status === 'restarting', { every: 1 });
    const { later, container } = await afterDeath(engine, before);
    await using _later = later;
    await waitFor('the restart', () => container.state.status === 'running');
  });

  it('takes a container out of the networks that it had left when the daemon died', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine);
    await startContainer(engine.context, before.id);
    const { later, container } = await afterDeath(engine, before, ({ runtime, networks }) => {
      runtime.adoptFunc = async () => ({ state: 'running', monitored });
      networks.recoverFunc = async (sandboxes) =>
        sandboxes.map(({ sandbox }) => ({ ...sandbox, endpoints: [] }));
    });
    await using _later = later;
    assert.deepEqual([container.sandbox?.endpoints, container.networks], [[], {}]);
  });

  it('starts nothing before the networks are recovered', async () => {
    await using engine = await makeEngine();
    const before = await makeContainer(engine, policy('always'));
    await startContainer(engine.context, before.id);
    const { later, container } = await afterDeath(engine, before, ({ networks, calls }) => {
      networks.recoverFunc = () =>
        new Promise((resolve) => setTimeout(resolve, 200)).then(
          () => void calls.push('networks are recovered'),
        );
    });
    await using _later = later;
    await waitFor('the restart', () => container.state.status === 'running');
    assert.ok(later.calls.indexOf('networks are recovered') < later.calls.indexOf('connect'));
    assert.equal(later.calls.filter((call) => call === 'connect').length, 1);
  });

  it('brings back always and unless-stopped, the latter not when the user stopped it', async () => {
    await using engine = await makeEngine();
    const made: Record<string, Container> = {};
    for (const name of ['no', 'always', 'unless-stopped'] as const) {
      const container = await makeContainer(engine, { name: `c-${name}`, ...policy(name) });
      await startContainer(engine.context, container.id);
      await stopContainer(engine.context, container.id, { signal: null, timeout: null });
      made[name] = container;
    }
    await using later = engine.restart();
    await recoverContainers(later.context);
    const status = (name: string) => later.context.containers.resolve(`c-${name}`).state.status;
    await waitFor('the restart', () => status('always') === 'running');
    assert.deepEqual([status('no'), status('unless-stopped')], ['exited', 'exited']);
  });

  it('deletes directories without a record, and goes on when one of them cannot be deleted', async () => {
    await using engine = await makeEngine();
    const { layout } = engine.context;
    for (const id of ['stuck', 'stray']) await mkdir(layout.container(id), { recursive: true });
    engine.snapshotter.removeFunc = (id) =>
      id === 'stuck' ? Promise.reject(new Error('busy')) : Promise.resolve();
    await recoverContainers(engine.context);
    assert.deepEqual(await readdir(layout.containers), ['stuck']);
    assert.equal(engine.complaints.length, 1);
  });

  it('goes on with the others when one container cannot be recovered', async () => {
    await using engine = await makeEngine();
    const first = await makeContainer(engine);
    const second = await makeContainer(engine);
    for (const { id } of [first, second]) await startContainer(engine.context, id);
    await using later = engine.restart();
    later.runtime.adoptFunc = (id) =>
      id === first.id ? Promise.reject(new Error('unreadable')) : exitedWith(1)();
    await recoverContainers(later.context);
    assert.equal(later.context.containers.resolve(second.id).state.status, 'exited');
    assert.equal(later.complaints.length, 1);
  });
});
