import { hostname as hostHostname } from 'node:os';
import { invalidArgument } from '../../base/errors.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { ContainerConfig } from './container.ts';
import type { CreateRequest } from './create-request.ts';

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
    env: mergeEnv(base.Env ?? [], config.env),
    labels: { ...base.Labels, ...config.labels },
    exposedPorts: unique([...Object.keys(base.ExposedPorts ?? {}), ...config.exposedPorts]),
    volumes: unique([...Object.keys(base.Volumes ?? {}), ...config.volumes]),
    stopSignal: config.stopSignal ?? base.StopSignal ?? 'SIGTERM',
  };
}

function command(
  imageEntrypoint: string[],
  imageCmd: string[],
  { entrypoint, cmd }: CreateRequest['config'],
): { entrypoint: string[]; cmd: string[] } {
  // `--entrypoint ""` arrives as one empty string and clears the image's entrypoint.
  const own = entrypoint?.length === 1 && entrypoint[0] === '' ? [] : entrypoint;
  const result =
    own === null
      ? { entrypoint: imageEntrypoint, cmd: cmd?.length ? cmd : imageCmd }
      : { entrypoint: own, cmd: cmd ?? [] };
  if (result.entrypoint.length + result.cmd.length === 0) throw invalidArgument('no command specified');
  return result;
}

/** `NAME=value` replaces, `NAME` alone removes what the image sets. */
export function mergeEnv(base: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string>();
  for (const entry of [...base, ...own]) {
    const name = entry.split('=', 1)[0] ?? '';
    if (entry.includes('=')) merged.set(name, entry);
    else merged.delete(name);
  }
  return [...merged.values()];
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
