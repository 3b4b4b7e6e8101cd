import { z } from 'zod';
import type { RunConfig } from '../../engine/files/apply-changes.ts';

const strings = z.array(z.string()).nullish();
const set = z.record(z.string(), z.unknown()).nullish();
const text = z.string().nullish();
const time = z.int().nonnegative().nullish();
/** Docker takes one string for a list of one. */
const command = z.union([z.array(z.string()), z.string().transform((one) => [one])]).nullish();

/** The part of a container's configuration that an image keeps. Clients send the whole, or `null`. */
const commitConfigSchema = z.looseObject({
  User: text,
  Env: strings,
  Cmd: command,
  Entrypoint: command,
  WorkingDir: text,
  Labels: z.record(z.string(), z.string()).nullish(),
  ExposedPorts: set,
  Volumes: set,
  StopSignal: text,
  Shell: strings,
  OnBuild: strings,
  Healthcheck: z
    .looseObject({
      Test: strings,
      Interval: time,
      Timeout: time,
      StartPeriod: time,
      StartInterval: time,
      Retries: time,
    })
    .nullish(),
});

export function commitConfig(body: unknown): RunConfig {
  const wire = commitConfigSchema.parse(body ?? {});
  const config: RunConfig = {
    Env: wire.Env,
    Cmd: wire.Cmd,
    Entrypoint: wire.Entrypoint,
    Labels: wire.Labels,
    ExposedPorts: wire.ExposedPorts,
    Volumes: wire.Volumes,
    Shell: wire.Shell,
    OnBuild: wire.OnBuild,
    Healthcheck: wire.Healthcheck && given(wire.Healthcheck),
  };
  const { User, WorkingDir, StopSignal } = wire;
  return { ...config, ...given({ User, WorkingDir, StopSignal }) };
}

/** Without what is null or missing. */
function given<T extends object>(fields: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: NonNullable<T[Key]> };
}
