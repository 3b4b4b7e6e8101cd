import type { Duplex } from 'node:stream';
import { type Api, pathOf } from './api.ts';
import { createdExecSchema, execDetailsSchema } from './shapes/containers.ts';

/** Prepares a command with a terminal in a running container. */
export async function createTerminalExec(api: Api, container: string, command: string[]): Promise<string> {
  const created = await api.json(createdExecSchema, {
    method: 'POST',
    path: pathOf`/containers/${container}/exec`,
    body: {
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
      Cmd: command,
      Env: ['TERM=xterm-256color'],
    },
  });
  return created.Id;
}

/** Starts it; the stream carries the terminal's bytes in both directions. */
export function startTerminalExec(api: Api, exec: string, signal: AbortSignal): Promise<Duplex> {
  return api.upgrade({
    method: 'POST',
    path: pathOf`/exec/${exec}/start`,
    body: { Detach: false, Tty: true },
    signal,
  });
}

export function resizeExec(api: Api, exec: string, size: { rows: number; columns: number }): Promise<void> {
  return api.send({
    method: 'POST',
    path: pathOf`/exec/${exec}/resize`,
    query: { h: size.rows, w: size.columns },
  });
}

/** The exit code, null while it runs. */
export async function exitCodeOf(api: Api, exec: string): Promise<number | null> {
  const details = await api.json(execDetailsSchema, { path: pathOf`/exec/${exec}/json` });
  return details.Running ? null : (details.ExitCode ?? null);
}
