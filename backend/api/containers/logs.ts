import { once } from 'node:events';
import { invalidArgument } from '../../base/errors.ts';
import { logPath } from '../../engine/containers/bring-up.ts';
import type { EngineContext } from '../../engine/context.ts';
import { readLogs } from '../../runtime/logs/read-logs.ts';
import { MULTIPLEXED_STREAM, RAW_STREAM } from '../server/hijack.ts';
import type { Route } from '../route.ts';
import { flag } from '../wire/query.ts';
import { parseTimestamp } from '../wire/timestamp.ts';
import { streamFrame } from './stream-frame.ts';

export const logsRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/containers/:id/logs',
  handle: async ({ params, query, signal }, response) => {
    const container = engine.containers.resolve(params['id'] ?? '');
    const wanted = { stdout: flag(query, 'stdout'), stderr: flag(query, 'stderr') };
    if (!wanted.stdout && !wanted.stderr)
      throw invalidArgument('Bad parameters: you must choose at least one stream');
    const { tty } = container.config;
    const timestamps = flag(query, 'timestamps');
    const lines = readLogs({
      path: logPath(engine, container.id),
      signal,
      ...logSpan(query),
      ...following(engine, container.id, query, signal),
    });
    response.writeHead(200, { 'Content-Type': tty ? RAW_STREAM : MULTIPLEXED_STREAM });
    response.flushHeaders();
    for await (const { stream, time, line } of lines) {
      if (!wanted[stream]) continue;
      const bytes = timestamps ? Buffer.concat([Buffer.from(`${time} `), line]) : line;
      if (!response.write(tty ? bytes : streamFrame(stream, bytes)))
        await once(response, 'drain', { signal }).catch(() => undefined);
    }
    response.end();
    return undefined;
  },
});

function logSpan(query: URLSearchParams): { tail?: number; since?: bigint; until?: bigint } {
  const tail = query.get('tail') ?? 'all';
  if (tail !== 'all' && tail !== '' && !/^-?\d+$/.test(tail))
    throw invalidArgument(
      `invalid value ${JSON.stringify(tail)} for parameter tail: expected a number or all`,
    );
  const since = query.get('since');
  const until = query.get('until');
  return {
    ...(/^\d+$/.test(tail) ? { tail: Number(tail) } : {}),
    ...(since && since !== '0' ? { since: parseTimestamp(since) } : {}),
    ...(until && until !== '0' ? { until: parseTimestamp(until) } : {}),
  };
}

/** Following ends by itself when the container has: at once where it does not run. */
function following(
  { live, containers }: EngineContext,
  id: string,
  query: URLSearchParams,
  signal: AbortSignal,
): { follow: boolean; ended?: Promise<void> } {
  if (!flag(query, 'follow')) return { follow: false };
  if (containers.get(id)?.state.status !== 'running') return { follow: false };
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  // A container that runs for months must not remember every client that has read its log.
  signal.addEventListener(
    'abort',
    live.of(id).onNextExit(() => resolve()),
  );
  return { follow: true, ended };
}
