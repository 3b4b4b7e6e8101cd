import { z } from 'zod';
import type { HostConfig } from '../../engine/containers/container.ts';
import { byName, list, orNull, strings, text, whole } from './fields.ts';

const device = z.object({
  PathOnHost: z.string().min(1, 'must not be empty'),
  PathInContainer: text.refine((path) => !path || path.startsWith('/'), 'must be an absolute path'),
  CgroupPermissions: text.refine(
    (access) => !access || /^[rwm]{1,3}$/.test(access),
    'must be made of the letters r, w and m',
  ),
});
const RULE = /^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/;
const rule = z.string().refine((text) => RULE.test(text), {
  error: ({ input }) => `invalid device cgroup rule format: '${String(input)}'`,
});

export const deviceFields = {
  Devices: list(device),
  DeviceCgroupRules: list(rule),
  DeviceRequests: list(
    z.object({
      Driver: text,
      Count: whole,
      DeviceIDs: strings,
      Capabilities: list(z.array(z.string())),
      Options: byName,
    }),
  ),
};
const devicesWire = z.object(deviceFields);

export function toDevices(wire: z.infer<typeof devicesWire>) {
  return {
    devices: (wire.Devices ?? []).map(({ PathOnHost, PathInContainer, CgroupPermissions }) => ({
      pathOnHost: PathOnHost,
      pathInContainer: PathInContainer || PathOnHost,
      permissions: CgroupPermissions || 'rwm',
    })),
    deviceCgroupRules: wire.DeviceCgroupRules ?? [],
    deviceRequests: (wire.DeviceRequests ?? []).map((request) => ({
      driver: request.Driver ?? '',
      count: request.Count ?? 0,
      deviceIds: request.DeviceIDs ?? [],
      capabilities: request.Capabilities ?? [],
      options: request.Options ?? {},
    })),
  } satisfies Partial<HostConfig>;
}

export function fromDevices(host: HostConfig): Record<string, unknown> {
  return {
    Devices: host.devices.map(({ pathOnHost, pathInContainer, permissions }) => ({
      PathOnHost: pathOnHost,
      PathInContainer: pathInContainer,
      CgroupPermissions: permissions,
    })),
    DeviceCgroupRules: orNull(host.deviceCgroupRules),
    DeviceRequests: orNull(
      host.deviceRequests.map((request) => ({
        Driver: request.driver,
        Count: request.count,
        DeviceIDs: orNull(request.deviceIds),
        Capabilities: request.capabilities,
        Options: request.options,
      })),
    ),
  };
}
