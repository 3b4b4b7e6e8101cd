import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';
import type { Exec, ExecConfig } from '../../engine/exec/exec-set.ts';

const flag = z.boolean().nullish();
const text = z.string().nullish();
const consoleSize = z.tuple([z.int().nonnegative(), z.int().nonnegative()]).nullish();

/** POST /containers/{id}/exec */
const execCreateSchema = z.looseObject({
  Cmd: z.array(z.string()).nullish(),
  Env: z.array(z.string()).nullish(),
  User: text,
  WorkingDir: text,
  Tty: flag,
  Privileged: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  DetachKeys: text,
  ConsoleSize: consoleSize,
});

/** POST /exec/{id}/start */
export const execStartSchema = z.looseObject({
  Detach: flag,
  Tty: flag,
  ConsoleSize: consoleSize,
});

export function toExecConfig(body: unknown): ExecConfig {
  if (body === undefined) throw invalidArgument('a JSON body with the field Cmd is required');
  const wire = execCreateSchema.parse(body);
  return {
    cmd: wire.Cmd ?? [],
    env: wire.Env ?? [],
    user: wire.User ?? '',
    workingDir: wire.WorkingDir ?? '',
    tty: wire.Tty ?? false,
    privileged: wire.Privileged ?? false,
    attachStdin: wire.AttachStdin ?? false,
    attachStdout: wire.AttachStdout ?? false,
    attachStderr: wire.AttachStderr ?? false,
    detachKeys: wire.DetachKeys ?? '',
    consoleSize: wire.ConsoleSize ?? null,
  };
}

/** GET /exec/{id}/json */
export function execInspect(exec: Exec, detachKeys: Buffer): Record<string, unknown> {
  const { id, containerId, config, state, exitCode, running } = exec;
  const [entrypoint = '', ...args] = config.cmd;
  return {
    ID: id,
    ContainerID: containerId,
    Running: state === 'running',
    ExitCode: exitCode,
    Pid: running?.pid ?? 0,
    OpenStdin: config.attachStdin,
    OpenStdout: config.attachStdout,
    OpenStderr: config.attachStderr,
    // As with Docker: the engine forgets ended ones by itself, after a while.
    CanRemove: false,
    // Go writes bytes as base64.
    DetachKeys: detachKeys.toString('base64'),
    ProcessConfig: {
      tty: config.tty,
      entrypoint,
      arguments: args,
      privileged: config.privileged,
      user: config.user,
    },
  };
}
