import { hostname as hostHostname } from 'node:os';
import { invalidArgument } from '../../base/errors.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { ContainerConfig } from './container.ts';
import type { CreateRequest } from './create-request.ts';
import { mergeHealthcheck } from './merge-healthcheck.ts';

/**
 * The image's configuration with the request's on top, by Docker's rules: an entrypoint of the request
 * drops the image's command, variables are replaced by name, labels and volumes are added.
 * @throws invalid-argument when nothing says what to run
 */
export function mergeConfig(
  id: string,
  image: ImageConfig,
  { config, hostConfig }: CreateRequest,
): ContainerConfig {
  const base = image.config ?? {};
  const hostNetwork = hostConfig.networkMode === 'host' || hostConfig.utsMode === 'host';
  return {
    ...config,
    ...command(base.Entrypoint ?? [], base.Cmd ?? [], config),
    hostname: config.hostname || (hostNetwork ? hostHostname() : id.slice(0, 12)),
    user: config.user || (base.User ?? ''),
    workingDir: config.workingDir || (base.WorkingDir ?? ''),
    env: addMissing(config.env, base.Env ?? []),
    labels: { ...base.Labels, ...config.labels },
    exposedPorts: unique([...Object.keys(base.ExposedPorts ?? {}), ...config.exposedPorts]),
    volumes: unique([...Object.keys(base.Volumes ?? {}), ...config.volumes]),
    stopSignal: config.stopSignal ?? base.StopSignal ?? 'SIGTERM',
    healthcheck: mergeHealthcheck(base.Healthcheck ?? null, config.healthcheck),
    shell: ownOr(config.shell, base.Shell),
    onBuild: ownOr(config.onBuild, base.OnBuild),
  };
}

function ownOr(own: string[], base: string[] | null | undefined): string[] {
  return own.length > 0 ? own : (base ?? []);
}

function command(
  imageEntrypoint: string[],
  imageCmd: string[],
  { entrypoint, cmd }: CreateRequest['config'],
): { entrypoint: string[]; cmd: string[] } {
  // `--entrypoint ""` arrives as one empty string and clears the image's entrypoint and command.
  const cleared = entrypoint?.length === 1 && entrypoint[0] === '';
  const own = cleared ? [] : entrypoint;
  // An empty list of the API clears the entrypoint alone.
  const inherits = !cleared && !entrypoint?.length && !cmd?.length;
  const result = { entrypoint: own ?? imageEntrypoint, cmd: inherits ? imageCmd : (cmd ?? []) };
  if (result.entrypoint.length + result.cmd.length === 0) throw invalidArgument('no command specified');
  return result;
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? '';

/** The user's variables, and those of the image that they do not name. `NAME` alone stays: it removes at start. */
function addMissing(own: readonly string[], base: readonly string[]): string[] {
  const named = new Set(own.map(nameOf));
  return [...own, ...base.filter((entry) => !named.has(nameOf(entry)))];
}

/** `NAME=value` replaces, `NAME` alone removes what is set before. */
export function mergeEnv(base: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string>();
  for (const entry of [...base, ...own]) {
    const name = nameOf(entry);
    if (entry.includes('=')) merged.set(name, entry);
    else merged.delete(name);
  }
  return [...merged.values()];
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
