import assert from 'node:assert/strict';
import { toUpdateRequest } from '../../../../backend/api/wire/container-update.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { updateContainer } from '../../../../backend/engine/containers/update.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';
import { waitFor } from '../../../support/wait-for.ts';

const MB = 1024 * 1024;
const update = (engine: FakeEngine, id: string, body: Record<string, unknown>): Promise<string[]> =>
  updateContainer(engine.context, id, toUpdateRequest(body));

describe('update', () => {
  it('changes the record alone of a container that does not run', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { host: { memory: 64 * MB } });
    await update(engine, id, { Memory: 100 * MB, CpuShares: 512 });
    const { hostConfig } = engine.context.containers.resolve(id);
    assert.deepEqual([hostConfig.memory, hostConfig.cpuShares], [100 * MB, 512]);
    assert.ok(!engine.calls.some((call) => call.startsWith('update')));
    assert.equal(engine.actions.at(-1), 'update');
  });

  it('changes the limits of one that runs', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { host: { memory: 64 * MB, pidsLimit: 9 } });
    await startContainer(engine.context, id);
    await update(engine, id, { Memory: 100 * MB, PidsLimit: 0 });
    const call = engine.calls.find((text) => text.startsWith('update')) ?? '';
    const limits = JSON.parse(call.slice('update '.length)) as {
      memory: { limit: number };
      pids: { limit: number };
    };
    assert.equal(limits.memory.limit, 100 * MB);
    assert.equal(limits.pids.limit, 4_194_304);
  });

  it('keeps the record when the kernel refuses', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { host: { memory: 64 * MB } });
    await startContainer(engine.context, id);
    engine.runtime.updateFunc = () => Promise.reject(new Error('device or resource busy'));
    await assert.rejects(update(engine, id, { Memory: 32 * MB }), /Cannot update container .*busy/);
    assert.equal(engine.context.containers.resolve(id).hostConfig.memory, 64 * MB);
  });

  it('refuses what contradicts the limits that are set, in Docker’s words', async () => {
    await using engine = await makeEngine();
    const limited = await makeContainer(engine, { host: { memory: 64 * MB, cpuPeriod: 50_000 } });
    await assert.rejects(update(engine, limited.id, { Memory: 200 * MB }), {
      code: 'conflict',
      message: /Memory limit should be smaller than already set memoryswap limit/,
    });
    await assert.rejects(update(engine, limited.id, { NanoCpus: 1_000_000 }), {
      code: 'conflict',
      message: /Nano CPUs cannot be updated as CPU Period has already been set/,
    });
    const fleeting = await makeContainer(engine, { host: { autoRemove: true } });
    await assert.rejects(update(engine, fleeting.id, { RestartPolicy: { Name: 'always' } }), {
      code: 'conflict',
      message: /Restart policy cannot be updated because AutoRemove is enabled/,
    });
  });

  it('of the restart policy counts at the next exit', async () => {
    await using engine = await makeEngine();
    const container = await makeContainer(engine);
    await startContainer(engine.context, container.id);
    await update(engine, container.id, { RestartPolicy: { Name: 'always' } });
    engine.runtime.exit(container.id, 0);
    await waitFor('the restart', () => container.state.restartCount === 1);
  });
});
