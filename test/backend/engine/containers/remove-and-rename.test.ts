import assert from 'node:assert/strict';
import { removeContainer } from '../../../../backend/engine/containers/remove.ts';
import { renameContainer } from '../../../../backend/engine/containers/rename.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';
import { waitFor } from '../../../support/wait-for.ts';

describe('removing', () => {
  it('refuses a running container in Docker’s words', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine, { name: 'busy' });
    await startContainer(engine.context, container.id);
    await assert.rejects(removeContainer(engine.context, 'busy', { force: false, volumes: false }), {
      code: 'conflict',
      message: /cannot remove container "\/busy": container is running/,
    });
  });

  it('kills a running container with force, and tells kill, die and destroy', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    await startContainer(engine.context, id);
    await removeContainer(engine.context, id, { force: true, volumes: false });
    assert.deepEqual(engine.actions, ['create', 'start', 'kill', 'die', 'destroy']);
    assert.equal(engine.snapshotter.prepared.size, 0);
  });

  it('with force also takes a container that is being started at that moment', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const [started, removed] = await Promise.allSettled([
      startContainer(engine.context, id),
      removeContainer(engine.context, id, { force: true, volumes: false }),
    ]);
    assert.deepEqual([started.status, removed.status], ['fulfilled', 'fulfilled']);
    assert.equal(engine.context.containers.get(id), undefined);
    assert.equal(engine.snapshotter.mounted.size + engine.networks.attached.size, 0);
  });

  it('succeeds for both of two at once', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    await startContainer(engine.context, id);
    await Promise.all([
      removeContainer(engine.context, id, { force: true, volumes: false }),
      removeContainer(engine.context, id, { force: true, volumes: false }),
    ]);
    assert.equal(engine.actions.filter((action) => action === 'destroy').length, 1);
  });

  it('takes anonymous volumes along only when asked, named ones never', async () => {
    await using engine = await makeEngine();
    const wishes = { volumes: ['/anonymous'], host: { binds: ['named:/data'] } };
    const first = await makeContainer(engine, wishes);
    await removeContainer(engine.context, first.id, { force: false, volumes: false });
    assert.equal(engine.volumes.byName.size, 2);
    const second = await makeContainer(engine, wishes);
    await removeContainer(engine.context, second.id, { force: false, volumes: true });
    assert.deepEqual([...engine.volumes.byName.keys()].sort(), ['anonymous2', 'named']);
  });

  it('leaves a container whose files cannot be deleted to a second try', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    engine.snapshotter.removeFunc = () => Promise.reject(new Error('busy'));
    await assert.rejects(removeContainer(engine.context, id, { force: true, volumes: false }), /busy/);
    await assert.rejects(startContainer(engine.context, id), { code: 'conflict' });
    delete engine.snapshotter.removeFunc;
    await removeContainer(engine.context, id, { force: true, volumes: false });
    assert.equal(engine.context.containers.get(id), undefined);
  });
});

describe('renaming', () => {
  it('is refused for a name in use, a bad name and an empty one', async () => {
    await using engine = await makeEngine();
    const { context } = engine;
    await makeContainer(engine, { name: 'first' });
    await makeContainer(engine, { name: 'second' });
    await assert.rejects(renameContainer(context, 'first', 'second'), { code: 'conflict' });
    await assert.rejects(renameContainer(context, 'first', '-bad'), { code: 'invalid-argument' });
    await assert.rejects(renameContainer(context, 'first', ''), { code: 'invalid-argument' });
    assert.equal(context.containers.resolve('first').name, 'first');
  });

  it('is refused for the name that it has, as Docker does', async () => {
    await using engine = await makeEngine();
    await makeContainer(engine, { name: 'same' });
    await assert.rejects(renameContainer(engine.context, 'same', 'same'), { code: 'invalid-argument' });
  });

  it('frees the old name and survives the daemon', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { name: 'old' });
    await renameContainer(engine.context, 'old', '/new');
    await makeContainer(engine, { name: 'old' });
    await using later = engine.restart();
    assert.equal(later.context.containers.resolve('new').id, id);
  });

  it('does not take a name for a container that was removed meanwhile', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const deleting = Promise.withResolvers<void>();
    engine.snapshotter.removeFunc = () => deleting.promise;
    const removed = removeContainer(engine.context, id, { force: true, volumes: false });
    await waitFor('the removal', () => engine.calls.includes('remove snapshot'), { every: 1 });
    const renamed = assert.rejects(renameContainer(engine.context, id, 'ghost'), { code: 'not-found' });
    deleting.resolve();
    await Promise.all([removed, renamed]);
    await makeContainer(engine, { name: 'ghost' });
  });
});
