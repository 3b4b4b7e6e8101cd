import { z } from 'zod';
import { invalidArgument, notImplemented } from '../../base/errors.ts';
import { parseSignal } from '../../engine/containers/kill.ts';
import type { CreateRequest } from '../../engine/containers/create-request.ts';
import { networkingConfigWire, toNetworks } from './endpoint-settings.ts';
import { hostConfigWire, toHostConfig } from './host-config.ts';

const strings = z.array(z.string()).nullish();
const text = z.string().nullish();
const flag = z.boolean().nullish();
const set = z.record(z.string(), z.unknown()).nullish();
/** Docker takes one string for a list of one. */
const command = z.union([z.array(z.string()), z.string().transform((one) => [one])]).nullish();

/** POST /containers/create */
export const containerCreateSchema = z.looseObject({
  Image: z.string({ error: 'an image is required' }).min(1, 'an image is required'),
  Hostname: text,
  Domainname: text,
  User: text,
  Env: strings,
  Cmd: command,
  Entrypoint: command,
  WorkingDir: text.refine(
    (path) => !path || path.startsWith('/'),
    'the working directory must be an absolute path',
  ),
  Labels: z.record(z.string(), z.string()).nullish(),
  Tty: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  ExposedPorts: set,
  Volumes: set,
  StopSignal: text,
  StopTimeout: z.int().nullish(),
  Healthcheck: z.looseObject({ Test: strings }).nullish(),
  HostConfig: hostConfigWire.nullish(),
  MacAddress: text,
  NetworkingConfig: networkingConfigWire.nullish(),
});
type ContainerCreate = z.infer<typeof containerCreateSchema>;

export function toCreateRequest(name: string | null, body: unknown): CreateRequest {
  if (body === undefined) throw invalidArgument('a JSON body with the field Image is required');
  const wire = containerCreateSchema.parse(body);
  const health = wire.Healthcheck?.Test ?? [];
  if (health.length > 0 && health[0] !== 'NONE')
    throw notImplemented('Healthcheck is not supported by this version of stratad');
  if (wire.StopSignal) parseSignal(wire.StopSignal);
  const hostConfig = toHostConfig(hostConfigWire.parse(wire.HostConfig ?? {}));
  return {
    name,
    config: toConfig(wire),
    hostConfig,
    networks: toNetworks(wire.NetworkingConfig, {
      networkMode: hostConfig.networkMode,
      mac: wire.MacAddress,
    }),
    platform: null,
  };
}

function toConfig(wire: ContainerCreate): CreateRequest['config'] {
  return {
    image: wire.Image,
    hostname: wire.Hostname ?? '',
    domainname: wire.Domainname ?? '',
    user: wire.User ?? '',
    env: wire.Env ?? [],
    cmd: wire.Cmd ?? null,
    entrypoint: wire.Entrypoint ?? null,
    workingDir: wire.WorkingDir ?? '',
    labels: wire.Labels ?? {},
    exposedPorts: [
      ...Object.keys(wire.ExposedPorts ?? {}),
      ...Object.keys(wire.HostConfig?.PortBindings ?? {}),
    ].map(withProtocol),
    volumes: Object.keys(wire.Volumes ?? {}),
    stopSignal: wire.StopSignal || null,
    stopTimeout: wire.StopTimeout ?? null,
    healthcheck: null,
    shell: [],
    onBuild: [],
    networkDisabled: false,
    ...toStreams(wire),
  };
}

function toStreams(wire: ContainerCreate) {
  return {
    tty: wire.Tty ?? false,
    openStdin: wire.OpenStdin ?? false,
    stdinOnce: wire.StdinOnce ?? false,
    attachStdin: wire.AttachStdin ?? false,
    attachStdout: wire.AttachStdout ?? true,
    attachStderr: wire.AttachStderr ?? true,
  };
}

function withProtocol(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`;
}
