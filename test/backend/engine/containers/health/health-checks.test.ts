import assert from 'node:assert/strict';
import type { Container, Healthcheck } from '../../../../../backend/engine/containers/container.ts';
import { pauseContainer } from '../../../../../backend/engine/containers/pause.ts';
import { recoverContainers } from '../../../../../backend/engine/containers/recover.ts';
import { startContainer } from '../../../../../backend/engine/containers/start.ts';
import { stopContainer } from '../../../../../backend/engine/containers/stop.ts';
import { unpauseContainer } from '../../../../../backend/engine/containers/unpause.ts';
import type { ExitStatus } from '../../../../../backend/runtime/runtime.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../../support/fakes/fake-engine.ts';
import { fakeStreams } from '../../../../support/fakes/fake-runtime.ts';
import { waitFor } from '../../../../support/wait-for.ts';

const MS = 1_000_000;
const check = (wishes: Partial<Healthcheck> = {}): Healthcheck => ({
  test: ['CMD-SHELL', 'ask'],
  interval: 10 * MS,
  timeout: 1000 * MS,
  startPeriod: 0,
  startInterval: 0,
  retries: 3,
  ...wishes,
});

/** Probes end at once with what `answer` says. */
function answerProbes(
  { runtime }: FakeEngine,
  answer: (count: number) => number,
  said = 'words',
): () => number {
  let count = 0;
  runtime.execFunc = async () => {
    const streams = fakeStreams({ stdin: false, tty: false });
    streams.stdout.end(said);
    streams.stderr?.end();
    const exit = Promise.resolve({ code: answer(count), oomKilled: false, finishedAt: new Date() });
    count += 1;
    return { pid: 5, streams, exit, resize: async () => undefined, kill: () => undefined };
  };
  return () => count;
}

async function started(engine: FakeEngine, healthcheck: Healthcheck): Promise<Container> {
  const container = await makeContainer(engine, { healthcheck });
  await startContainer(engine.context, container.id);
  return container;
}

const statuses = ({ actions }: FakeEngine): string[] =>
  actions.filter((action) => action.startsWith('health_status'));

describe('health checks', () => {
  it('move from starting to healthy to unhealthy, and tell it once each', async () => {
    await using engine = await makeEngine();
    let code = 0;
    answerProbes(engine, () => code);
    const container = await started(engine, check());
    assert.equal(container.state.health?.status, 'starting');
    await waitFor('health', () => container.state.health?.status === 'healthy');
    code = 1;
    await waitFor('illness', () => container.state.health?.status === 'unhealthy');
    assert.deepEqual(statuses(engine), ['health_status: healthy', 'health_status: unhealthy']);
    assert.ok((container.state.health?.failingStreak ?? 0) >= 3);
  });

  it('keep the last five answers, the first 4096 bytes of each', async () => {
    await using engine = await makeEngine();
    const count = answerProbes(engine, (number) => number, 'x'.repeat(5000));
    const container = await started(engine, check());
    await waitFor('eight probes', () => count() > 8);
    const log = container.state.health?.log ?? [];
    assert.equal(log.length, 5);
    assert.equal(log[0]?.output, `${'x'.repeat(4096)}...`);
  });

  it('forgive failures while the container starts, until it was healthy once', async () => {
    await using engine = await makeEngine();
    let code = 1;
    const count = answerProbes(engine, () => code);
    const container = await started(
      engine,
      check({ startPeriod: 60_000 * MS, startInterval: 5 * MS, retries: 1, interval: 20 * MS }),
    );
    await waitFor('failures', () => count() > 3);
    assert.deepEqual(
      [container.state.health?.status, container.state.health?.failingStreak],
      ['starting', 0],
    );
    code = 0;
    await waitFor('health', () => container.state.health?.status === 'healthy');
    code = 1;
    await waitFor('illness', () => container.state.health?.status === 'unhealthy');
  });

  it('kill a probe that takes too long and say so', async () => {
    await using engine = await makeEngine();
    const signals: number[] = [];
    engine.runtime.execFunc = async () => {
      const end = Promise.withResolvers<ExitStatus>();
      const kill = (signal: number): void => {
        signals.push(signal);
        end.resolve({ code: 137, oomKilled: false, finishedAt: new Date() });
      };
      const streams = fakeStreams({ stdin: false, tty: false });
      return { pid: 5, streams, exit: end.promise, resize: async () => undefined, kill };
    };
    const container = await started(engine, check({ timeout: 20 * MS, retries: 1 }));
    await waitFor('illness', () => container.state.health?.status === 'unhealthy');
    const [entry] = container.state.health?.log ?? [];
    assert.deepEqual([entry?.exitCode, entry?.output], [-1, 'Health check exceeded timeout (20ms)']);
    assert.equal(signals[0], 9);
  });

  it('count a check that cannot be run as failed, in the runtime’s words', async () => {
    await using engine = await makeEngine();
    engine.runtime.execFunc = () => Promise.reject(new Error('executable file `ask` not found in $PATH'));
    const container = await started(engine, check({ retries: 1, test: ['CMD', 'ask'] }));
    await waitFor('illness', () => container.state.health?.status === 'unhealthy');
    assert.match(container.state.health?.log[0]?.output ?? '', /"ask": executable file not found/);
    assert.equal(engine.context.execs.ofContainer(container.id).length, 0);
  });

  it('stop with the container and while it is paused', async () => {
    await using engine = await makeEngine();
    const count = answerProbes(engine, () => 0);
    const container = await started(engine, check());
    await waitFor('health', () => container.state.health?.status === 'healthy');
    await pauseContainer(engine.context, container.id);
    const asked = count();
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.equal(count(), asked);
    await unpauseContainer(engine.context, container.id);
    await waitFor('health', () => container.state.health?.status === 'healthy');
    await stopContainer(engine.context, container.id, { signal: null, timeout: null });
    assert.equal(container.state.health?.status, 'unhealthy');
    const last = count();
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.equal(count(), last);
  });

  it('write the record when the health changes, not at every probe', async () => {
    await using engine = await makeEngine();
    const count = answerProbes(engine, () => 0);
    const container = await started(engine, check({ interval: 2 * MS }));
    await waitFor('health', () => container.state.health?.status === 'healthy');
    const { save } = engine.context.containers;
    let writes = 0;
    engine.context.containers.save = (saved) => {
      writes += 1;
      save.call(engine.context.containers, saved);
    };
    const asked = count();
    await waitFor('more probes', () => count() > asked + 10);
    assert.equal(writes, 0);
  });

  it('go on under the next daemon with what was known', async () => {
    await using engine = await makeEngine();
    answerProbes(engine, () => 0);
    const before = await started(engine, check());
    await waitFor('health', () => before.state.health?.status === 'healthy');
    await using later = engine.restart();
    const count = answerProbes(later, () => 0);
    later.runtime.adoptFunc = async () => ({
      state: 'running',
      monitored: { conmon: { pid: 1, startTime: 1 }, init: { pid: 2, startTime: 1 } },
    });
    await recoverContainers(later.context);
    assert.equal(later.context.containers.resolve(before.id).state.health?.status, 'healthy');
    await waitFor('a probe', () => count() > 0);
    assert.deepEqual(statuses(later), []);
  });

  it('are not there for NONE', async () => {
    await using engine = await makeEngine();
    const container = await started(engine, check({ test: ['NONE'] }));
    assert.equal(container.state.health, null);
  });
});
