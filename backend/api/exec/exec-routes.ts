import { createExec } from '../../engine/exec/create-exec.ts';
import type { Exec } from '../../engine/exec/exec-set.ts';
import { claimExec } from '../../engine/exec/start-exec.ts';
import { conflict, messageOf } from '../../base/errors.ts';
import type { EngineContext } from '../../engine/context.ts';
import { emitContainer } from '../../engine/containers/container-events.ts';
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
      const config = toExecConfig(await request.json());
      if (config.detachKeys) parseDetachKeys(config.detachKeys);
      const exec = createExec(engine, request.params['id'] ?? '', config);
      return { status: 201, body: { Id: exec.id } };
    },
  },
  {
    method: 'GET',
    path: '/exec/:id/json',
    handle: async ({ params }) => {
      const exec = engine.execs.get(params['id'] ?? '');
      const { detachKeys } = exec.config;
      const keys = detachKeys === '' ? Buffer.alloc(0) : parseDetachKeys(detachKeys);
      return { status: 200, body: execInspect(exec, keys) };
    },
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
    const run = claimExec(engine, exec.id);
    if (Detach) {
      await run({ detach: true });
      return closeHijacked(connection.accept(RAW_STREAM));
    }
    const client = connection.accept(config.tty ? RAW_STREAM : MULTIPLEXED_STREAM);
    const running = await run({ detach: false, consoleSize: ConsoleSize ?? null }).catch((error: unknown) =>
      tellFailure(client, config.tty, error),
    );
    if (!running?.streams) return closeHijacked(client);
    await pumpStreams(client, running.streams, {
      tty: config.tty,
      stdout: config.attachStdout,
      stderr: config.attachStderr,
      detachKeys: config.detachKeys,
      exit: running.exit,
      onDetach: () => tellDetach(engine, exec),
    });
  },
});

/** The headers are out, so that Docker tells the failure as output; the exit code says 126 or 127. */
function tellFailure(client: HijackedConnection, tty: boolean, error: unknown): null {
  const text = Buffer.from(`${messageOf(error)}\r\n`);
  client.output.write(tty ? text : streamFrame('stdout', text));
  return null;
}

function tellDetach(engine: EngineContext, { id, containerId }: Exec): void {
  const container = engine.containers.get(containerId);
  if (container) emitContainer(engine, 'exec_detach', container, { execID: id });
}
