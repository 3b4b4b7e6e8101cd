import type { ContainerConfig } from '../containers/container.ts';
import type { RunConfig } from './apply-changes.ts';

/** A container's configuration in the words of an image's. */
export function runConfigOf(config: ContainerConfig): RunConfig {
  return {
    User: config.user,
    ExposedPorts: emptySet(config.exposedPorts),
    Env: config.env,
    Entrypoint: config.entrypoint.length > 0 ? config.entrypoint : null,
    Cmd: config.cmd.length > 0 ? config.cmd : null,
    Volumes: emptySet(config.volumes),
    WorkingDir: config.workingDir,
    Labels: config.labels,
    StopSignal: config.stopSignal === 'SIGTERM' ? undefined : config.stopSignal,
    Healthcheck: config.healthcheck && {
      Test: config.healthcheck.test,
      Interval: config.healthcheck.interval,
      Timeout: config.healthcheck.timeout,
      StartPeriod: config.healthcheck.startPeriod,
      StartInterval: config.healthcheck.startInterval,
      Retries: config.healthcheck.retries,
    },
    Shell: config.shell.length > 0 ? config.shell : null,
  };
}

/**
 * What a commit was asked for, filled up from the container by Docker's rules: a command that was asked for, or an
 * entrypoint, keeps the container's command out; maps and variables are united.
 */
export function fillRunConfig(own: RunConfig, base: RunConfig): RunConfig {
  const names = new Set((own.Env ?? []).map((entry) => entry.split('=', 1)[0]));
  const inherited = (base.Env ?? []).filter((entry) => !names.has(entry.split('=', 1)[0]));
  return {
    ...own,
    ...commandOf(own, base),
    User: own.User || (base.User ?? ''),
    WorkingDir: own.WorkingDir || (base.WorkingDir ?? ''),
    StopSignal: own.StopSignal || base.StopSignal,
    Shell: own.Shell ?? base.Shell,
    Env: [...(own.Env ?? []), ...inherited],
    Labels: { ...base.Labels, ...own.Labels },
    ExposedPorts: union(base.ExposedPorts, own.ExposedPorts),
    Volumes: union(base.Volumes, own.Volumes),
    Healthcheck: healthOf(own.Healthcheck, base.Healthcheck),
  };
}

function commandOf(own: RunConfig, base: RunConfig): Pick<RunConfig, 'Cmd' | 'Entrypoint'> {
  const { Cmd = null, Entrypoint = null } = own;
  if (Entrypoint && Entrypoint.length > 0) return { Cmd, Entrypoint };
  return { Cmd: Cmd && Cmd.length > 0 ? Cmd : base.Cmd, Entrypoint: Entrypoint ?? base.Entrypoint };
}

type Health = RunConfig['Healthcheck'];

/** Zeros and what is missing mean "as before". */
function healthOf(own: Health, base: Health): Health {
  if (!own || !base) return own ?? base;
  const asked = Object.entries(own).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value));
  return { ...base, ...Object.fromEntries(asked) };
}

function union(base: RunConfig['Volumes'], own: RunConfig['Volumes']): RunConfig['Volumes'] {
  const all = { ...base, ...own };
  return Object.keys(all).length > 0 ? all : null;
}

function emptySet(names: readonly string[]): Record<string, unknown> | null {
  return names.length > 0 ? Object.fromEntries(names.map((name) => [name, {}])) : null;
}
