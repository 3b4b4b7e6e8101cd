import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';
import { parseSignal } from '../../engine/containers/signals.ts';
import type { CreateRequest } from '../../engine/containers/create-request.ts';
import { cleanTarget } from '../../engine/containers/parse-bind.ts';
import { networkingConfigWire, toNetworks } from './endpoint-settings.ts';
import { byName, flag, list, strings, text } from './fields.ts';
import { healthcheckWire, toHealthcheck } from './healthcheck.ts';
import { hostConfigWire, toHostConfig } from './host-config.ts';
import { isPort, withProtocol } from './port-bindings.ts';

/** Docker takes one string for a list of one. */
const command = z.union([z.array(z.string()), z.string().transform((one) => [one])]).nullish();
const variable = z
  .string()
  .refine((entry) => entry !== '' && !entry.startsWith('=') && !entry.includes('\0'), {
    error: ({ input }) => `invalid environment variable: ${String(input)}`,
  });
/** What the kernel takes for a node name. */
const hostname = text.refine((name) => !name || /^[^\s/\0]{1,64}$/.test(name), {
  error: ({ input }) => `invalid hostname format: ${String(input)}`,
});
const port = z.string().refine(isPort, {
  error: ({ input }) => `invalid port specification: ${JSON.stringify(String(input))}`,
});
const volumePath = z.string().refine((path) => path.startsWith('/') && cleanTarget(path) !== '/', {
  error: ({ input }) => `invalid volume specification: '${String(input)}'`,
});

/** POST /containers/create */
const containerCreateSchema = z.looseObject({
  Image: z.string({ error: 'an image is required' }).min(1, 'an image is required'),
  Hostname: hostname,
  Domainname: hostname,
  User: text,
  Env: list(variable),
  Cmd: command,
  Entrypoint: command,
  WorkingDir: text.refine((path) => !path || path.startsWith('/'), {
    error: ({ input }) =>
      `the working directory '${String(input)}' is invalid, it needs to be an absolute path`,
  }),
  Labels: byName,
  Tty: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  ExposedPorts: z.record(port, z.unknown()).nullish(),
  Volumes: z.record(volumePath, z.unknown()).nullish(),
  StopSignal: text,
  StopTimeout: z.int().min(-1, 'must be -1 for no limit, or a number of seconds').nullish(),
  Healthcheck: healthcheckWire.nullish(),
  Shell: strings,
  OnBuild: strings,
  NetworkDisabled: flag,
  HostConfig: hostConfigWire.nullish(),
  MacAddress: text,
  NetworkingConfig: networkingConfigWire.nullish(),
});
type ContainerCreate = z.infer<typeof containerCreateSchema>;

/** @param query `name` and `platform` of the request */
export function toCreateRequest(
  { name, platform }: { name: string | null; platform: string | null },
  body: unknown,
): CreateRequest {
  if (body === undefined) throw invalidArgument('a JSON body with the field Image is required');
  const wire = containerCreateSchema.parse(body);
  if (wire.StopSignal) parseSignal(wire.StopSignal);
  const hostConfig = toHostConfig(hostConfigWire.parse(wire.HostConfig ?? {}));
  if (hostConfig.utsMode === 'host') refuseNames(wire);
  return {
    name,
    config: toConfig(wire),
    hostConfig,
    networks: toNetworks(wire.NetworkingConfig, {
      networkMode: hostConfig.networkMode,
      mac: wire.MacAddress,
    }),
    platform: platform || null,
  };
}

/** It would be the host that is renamed. */
function refuseNames({ Hostname, Domainname }: ContainerCreate): void {
  if (Hostname) throw invalidArgument('conflicting options: hostname and the UTS mode');
  if (Domainname) throw invalidArgument('conflicting options: domainname and the UTS mode');
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
    workingDir: wire.WorkingDir ? cleanTarget(wire.WorkingDir) : '',
    labels: wire.Labels ?? {},
    exposedPorts: [
      ...Object.keys(wire.ExposedPorts ?? {}),
      ...Object.keys(wire.HostConfig?.PortBindings ?? {}),
    ].map(withProtocol),
    volumes: Object.keys(wire.Volumes ?? {}),
    stopSignal: wire.StopSignal || null,
    stopTimeout: wire.StopTimeout ?? null,
    healthcheck: toHealthcheck(wire.Healthcheck),
    shell: wire.Shell ?? [],
    onBuild: wire.OnBuild ?? [],
    networkDisabled: wire.NetworkDisabled ?? false,
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
