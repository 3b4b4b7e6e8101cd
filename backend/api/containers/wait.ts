import { invalidArgument } from '../../base/errors.ts';
import { waitForContainer, type WaitCondition } from '../../engine/containers/wait-for-container.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';

const CONDITIONS: Readonly<Record<string, WaitCondition>> = {
  '': 'not-running',
  'not-running': 'not-running',
  'next-exit': 'next-exit',
  removed: 'removed',
};

export const waitRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/containers/:id/wait',
  handle: async ({ params, query, signal }, response) => {
    const name = query.get('condition') ?? '';
    const condition = CONDITIONS[name];
    if (condition === undefined) throw invalidArgument(`invalid condition: ${JSON.stringify(name)}`);
    const exit = waitForContainer(engine, params['id'] ?? '', condition, signal);
    // `docker run` starts the container only after it has seen the headers: they say that the wait has begun.
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    const code = await exit;
    response.end(code === null ? undefined : `${JSON.stringify({ StatusCode: code })}\n`);
    return undefined;
  },
});
