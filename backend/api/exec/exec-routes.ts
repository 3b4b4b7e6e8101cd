import { createExec } from '../../engine/exec/create-exec.ts';
import { claimExec } from '../../engine/exec/start-exec.ts';
import { conflict, messageOf } from '../../base/errors.ts';
import type { EngineContext } from '../../engine/context.ts';
import { parseDetachKeys } from '../containers/detach-keys.ts';
import { pumpStreams } from '../containers/pump-streams.ts';
import { streamFrame } from '../containers/stream-frame.ts';
import type { Route } from '../route.ts';
import type { HijackRoute } from '../server/create-server.ts';
import { closeHijacked, MULTIPLEXED_STREAM, RAW_STREAM, type HijackedConnection } from '../server/hijack.ts';
import { execInspect, execStartSchema, toExecConfig } from '../wire/exec.ts';
import { terminalSize } from '../wire/query.ts';

export const execRoutes = (engine: EngineContext): Route[] => [
  {
    method: 'POST',
    path: '/containers/:id/exec',
    handle: async (request) => {
      const exec = createExec(engine, request.params['id'] ?? '', toExecConfig(await request.json()));
      return { status: 201, body: { Id: exec.id } };
    },
  },
  {
    method: 'GET',
    path: '/exec/:id/json',
    handle: async ({ params }) => ({ status: 200, body: execInspect(engine.execs.get(params['id'] ?? '')) }),
  },
  {
    method: 'POST',
    path: '/exec/:id/resize',
    handle: async ({ params, query }) => {
      const exec = engine.execs.get(params['id'] ?? '');
      const { rows, columns } = terminalSize(query);
      if (!exec.running) throw conflict(`exec ${exec.id} is not running`);
      await exec.running.resize(rows, columns);
      return { status: 200 };
    },
  },
];

export const execStartRoute = (engine: EngineContext): HijackRoute => ({
  method: 'POST',
  path: '/exec/:id/start',
  hijack: async ({ params }, connection) => {
    const exec = engine.execs.get(params['id'] ?? '');
    const { Detach, ConsoleSize } = execStartSchema.parse((await connection.json()) ?? {});
    const { config } = exec;
    if (config.detachKeys) parseDetachKeys(config.detachKeys);
    const run = claimExec(engine, exec.id);
    if (Detach) {
      await run({ detach: true });
      return closeHijacked(connection.accept(RAW_STREAM));
    }
    const client = connection.accept(config.tty ? RAW_STREAM : MULTIPLEXED_STREAM);
    const running = await run({ detach: false }).catch((error: unknown) =>
      tellFailure(client, config.tty, error),
    );
    if (!running?.streams) return closeHijacked(client);
    const [rows = 0, columns = 0] = ConsoleSize ?? [];
    // A program that has ended already needs no size, and its output is still to be shown.
    if (rows > 0) await running.resize(rows, columns).catch(() => undefined);
    await pumpStreams(client, running.streams, {
      tty: config.tty,
      stdout: config.attachStdout,
      stderr: config.attachStderr,
      detachKeys: config.detachKeys,
      exit: running.exit,
    });
  },
});

/** The headers are out, so that Docker tells the failure as output; the exit code says 126 or 127. */
function tellFailure(client: HijackedConnection, tty: boolean, error: unknown): null {
  const text = Buffer.from(`OCI runtime exec failed: ${messageOf(error)}\r\n`);
  client.output.write(tty ? text : streamFrame('stderr', text));
  return null;
}
