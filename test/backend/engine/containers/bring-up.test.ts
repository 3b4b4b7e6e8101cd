import assert from 'node:assert/strict';
import { attachContainer } from '../../../../backend/engine/containers/attach.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';

const never = new AbortController().signal;

/** Each step of a start, and how to make it fail. */
const STEPS: Readonly<Record<string, (engine: FakeEngine) => void>> = {
  mount: ({ snapshotter }) => {
    snapshotter.mountFunc = () => Promise.reject(new Error('step failed'));
  },
  network: ({ networks }) => {
    networks.attachFunc = () => Promise.reject(new Error('step failed'));
  },
  volume: ({ volumes }) => {
    volumes.holdFunc = () => Promise.reject(new Error('step failed'));
  },
  'runtime create': ({ runtime }) => {
    runtime.createFunc = () => Promise.reject(new Error('step failed'));
  },
  'runtime start': ({ runtime }) => {
    runtime.startFunc = () => Promise.reject(new Error('step failed'));
  },
};

describe('a start that fails', () => {
  for (const [name, breakStep] of Object.entries(STEPS)) {
    it(`at the ${name} leaves nothing attached, and the record says why`, async () => {
      await using engine = await makeEngine();
      const container = await makeContainer(engine, { host: { binds: ['data:/data'] } });
      const attachment = attachContainer(engine.context, container.id, { stdin: true, stream: true }, never);
      breakStep(engine);
      await assert.rejects(startContainer(engine.context, container.id), /step failed/);
      const streams = await attachment.streams;
      // Who was connected already sees the end of the streams; all others are told that there are none.
      assert.equal(streams === null, name !== 'runtime start');
      assert.equal(engine.snapshotter.mounted.size, 0);
      assert.equal(engine.networks.attached.size, 0);
      assert.equal(container.sandbox, null);
      assert.equal(container.monitored, null);
      assert.equal(container.state.status, 'created');
      assert.equal(container.state.error, 'step failed');
      assert.equal(container.state.exitCode, 125);
      await using later = engine.restart();
      assert.equal(later.context.containers.resolve(container.id).state.error, 'step failed');
    });
  }

  it('is undone in reverse order', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    STEPS['runtime start']?.(engine);
    await assert.rejects(startContainer(engine.context, id));
    assert.deepEqual(engine.calls, [
      'mount',
      'connect',
      'create',
      'start',
      'delete',
      'disconnect',
      'unmount',
    ]);
  });

  it('waits for the network before it undoes a failed mount', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine);
    const { attach } = engine.networks;
    let slow = true;
    engine.networks.attachFunc = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      slow = false;
      delete engine.networks.attachFunc;
      return attach.call(engine.networks, request);
    };
    STEPS['mount']?.(engine);
    await assert.rejects(startContainer(engine.context, id), /step failed/);
    assert.equal(slow, false);
    assert.equal(engine.networks.attached.size, 0);
  });

  it('tells its own cause also when the undo fails', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    engine.runtime.startFunc = () => Promise.reject(new Error('executable file `/x` not found in $PATH'));
    engine.snapshotter.unmountFunc = () => Promise.reject(new Error('target is busy'));
    await assert.rejects(
      startContainer(engine.context, container.id),
      /exec: "\/x": executable file not found/,
    );
    assert.equal(container.state.exitCode, 127);
    assert.match(container.state.error, /not found/);
    assert.equal(engine.networks.attached.size, 0);
  });

  it('removes an auto-removed container', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { host: { autoRemove: true } });
    STEPS['runtime create']?.(engine);
    await assert.rejects(startContainer(engine.context, id), /step failed/);
    assert.equal(engine.context.containers.get(id), undefined);
    assert.deepEqual(engine.actions, ['create', 'destroy']);
  });

  it('can be repeated with success', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    STEPS['runtime start']?.(engine);
    await assert.rejects(startContainer(engine.context, container.id));
    delete engine.runtime.startFunc;
    await startContainer(engine.context, container.id);
    assert.equal(container.state.status, 'running');
    assert.equal(container.state.error, '');
    assert.equal(container.state.exitCode, 0);
  });
});
