import assert from 'node:assert/strict';
import { heldVolumes } from '../../../../backend/engine/containers/hold-volumes.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { stopContainer } from '../../../../backend/engine/containers/stop.ts';
import { pruneVolumes } from '../../../../backend/engine/volumes/prune-volumes.ts';
import { removeVolume } from '../../../../backend/engine/volumes/remove-volume.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';

const never = new AbortController().signal;
const all = (): boolean => true;

function volumeEvents({ context }: FakeEngine): Record<string, string>[] {
  const seen: Record<string, string>[] = [];
  context.events.subscribe(({ type, action, actor: { id, attributes } }) => {
    if (type === 'volume') seen.push({ action, id, ...attributes });
  });
  return seen;
}

describe('volumes of containers', () => {
  it('are held while the container runs, which is told', async () => {
    await using engine = await makeEngine();
    const events = volumeEvents(engine);
    const { id } = await makeContainer(engine, { host: { binds: ['data:/one:ro', 'data:/two'] } });
    assert.deepEqual([...engine.volumes.held], []);
    await startContainer(engine.context, id);
    assert.deepEqual([...engine.volumes.held], [`data ${id}`]);
    await stopContainer(engine.context, id, { signal: null, timeout: 0 });
    assert.deepEqual([...engine.volumes.held], []);
    const [mounted] = events;
    assert.deepEqual(mounted, {
      action: 'mount',
      id: 'data',
      container: id,
      destination: '/one',
      driver: 'local',
      propagation: '',
      'read/write': 'false',
    });
    assert.deepEqual(events.at(-1), { action: 'unmount', id: 'data', container: id, driver: 'local' });
  });

  it('are let go by a start that fails', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { host: { binds: ['data:/one', 'bad:/two'] } });
    engine.volumes.holdFunc = ({ name }) =>
      name === 'bad' ? Promise.reject(new Error('failed to mount local volume')) : Promise.resolve();
    await assert.rejects(startContainer(engine.context, id), /failed to mount local volume/);
    assert.deepEqual([...engine.volumes.held], []);
    assert.equal(engine.networks.attached.size, 0);
  });

  it('of running containers are held again by the next daemon', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { host: { binds: ['data:/one'] } });
    await makeContainer(engine, { host: { binds: ['data:/one'] } });
    await startContainer(engine.context, id);
    await using later = engine.restart();
    assert.deepEqual(later.context.containers.all().flatMap(heldVolumes), [{ name: 'data', holder: id }]);
  });
});

describe('removing a volume', () => {
  it('is refused while a container has it, running or not, and the container is named', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { host: { binds: ['data:/one'] } });
    for (const force of [false, true]) {
      await assert.rejects(removeVolume(engine.context, 'data', { force }), {
        code: 'conflict',
        message: `remove data: volume is in use - [${id}]`,
      });
    }
    assert.ok(engine.volumes.byName.has('data'));
  });

  it('that is not there fails, and does not by force', async () => {
    await using engine = await makeEngine();
    engine.volumes.remove = async (name) => void engine.volumes.get(name);
    await assert.rejects(removeVolume(engine.context, 'nope', { force: false }), { code: 'not-found' });
    await removeVolume(engine.context, 'nope', { force: true });
  });
});

describe('pruning volumes', () => {
  it('removes those that no container has, that fit, and that are plain directories', async () => {
    await using engine = await makeEngine();
    const events = volumeEvents(engine);
    await makeContainer(engine, { host: { binds: ['used:/one'] } });
    for (const name of ['a1', 'a2', 'kept']) await engine.volumes.ensure(name);
    const options = { type: 'tmpfs', device: 'tmpfs' };
    await engine.volumes.create({ name: 'remote', driver: '', options, labels: {} });
    const report = await pruneVolumes(engine.context, ({ name }) => name !== 'kept', never);
    assert.deepEqual(report, { names: ['a1', 'a2'], bytes: 14 });
    assert.deepEqual([...engine.volumes.byName.keys()], ['used', 'kept', 'remote']);
    assert.deepEqual(events.at(-1), { action: 'prune', id: '', reclaimed: '14' });
  });

  it('goes on after one that cannot be removed, and says so', async () => {
    await using engine = await makeEngine();
    for (const name of ['bad', 'good']) await engine.volumes.ensure(name);
    engine.volumes.removeFunc = (name) =>
      name === 'bad' ? Promise.reject(new Error('busy')) : Promise.resolve();
    assert.deepEqual((await pruneVolumes(engine.context, all, never)).names, ['good']);
    assert.match(engine.complaints.join(), /cannot prune a volume.*bad/);
  });

  it('is not done twice at once', async () => {
    await using engine = await makeEngine();
    await engine.volumes.ensure('one');
    const first = pruneVolumes(engine.context, all, never);
    await assert.rejects(pruneVolumes(engine.context, all, never), {
      code: 'conflict',
      message: 'a prune operation is already running',
    });
    assert.deepEqual((await first).names, ['one']);
  });

  it('stops when the client goes away', async () => {
    await using engine = await makeEngine();
    await engine.volumes.ensure('one');
    assert.deepEqual((await pruneVolumes(engine.context, all, AbortSignal.abort())).names, []);
  });
});
