import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { totalmem } from 'node:os';
import { invalidArgument } from '../../base/errors.ts';
import type { Container } from '../../engine/containers/container.ts';
import { isUp } from '../../engine/containers/status.ts';
import type { EngineContext } from '../../engine/context.ts';
import { StatsSampler, type StatsSample } from '../../engine/stats/stats-sampler.ts';
import type { Route } from '../route.ts';
import { containerStats } from '../wire/container-stats.ts';
import { flag } from '../wire/query.ts';

/** GET /containers/{id}/stats: a stream of objects, two samples for one object, or (`one-shot`) one at once. */
export function statsRoute(engine: EngineContext): Route {
  const sampler = new StatsSampler(engine);
  return {
    method: 'GET',
    path: '/containers/:id/stats',
    handle: async ({ params, query, signal }, response) => {
      const container = engine.containers.resolve(params['id'] ?? '');
      const stream = flag(query, 'stream', true);
      const oneShot = flag(query, 'one-shot');
      if (stream && oneShot) throw invalidArgument('cannot have stream=true and one-shot=true');
      if (stream) {
        await streamStats(sampler, container, response, signal);
        return undefined;
      }
      if (!isUp(container)) return { status: 200, body: containerStats(container, null, null, 0) };
      if (oneShot) {
        const sample = await sampler.sample(container);
        return { status: 200, body: containerStats(container, sample, null, totalmem()) };
      }
      const [first, second] = await take(sampler, container, 2, signal);
      return {
        status: 200,
        body: containerStats(container, second ?? first ?? null, second ? (first ?? null) : null, totalmem()),
      };
    },
  };
}

async function streamStats(
  sampler: StatsSampler,
  container: Container,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  let previous: StatsSample | null = null;
  await follow(sampler, container, signal, (sample) => {
    // A client that does not read misses samples; it must not make us keep them.
    if (response.writableNeedDrain) return true;
    response.write(`${JSON.stringify(containerStats(container, sample, previous, totalmem()))}\n`);
    previous = sample;
    return true;
  });
  response.end();
}

async function take(
  sampler: StatsSampler,
  container: Container,
  count: number,
  signal: AbortSignal,
): Promise<StatsSample[]> {
  const samples: StatsSample[] = [];
  await follow(sampler, container, signal, (sample) => samples.push(sample) < count);
  return samples;
}

/** Until `wantsMore` says no, the container is removed, or the client is gone. */
async function follow(
  sampler: StatsSampler,
  container: Container,
  signal: AbortSignal,
  wantsMore: (sample: StatsSample) => boolean,
): Promise<void> {
  if (signal.aborted) return;
  const done = new AbortController();
  const end = sampler.subscribe(container, (sample) => {
    if (done.signal.aborted) return;
    if (sample === null || !wantsMore(sample)) done.abort();
  });
  const either = AbortSignal.any([done.signal, signal]);
  try {
    if (!either.aborted) await once(either, 'abort');
  } finally {
    end();
  }
}
