import type { Container, MountPoint } from '../../engine/containers/container.ts';

/** `Mounts[]` of a container's inspect and list. What `--tmpfs` asked for stands in HostConfig alone. */
export function fromMountPoints({ mountPoints, hostConfig }: Container): Record<string, unknown>[] {
  const asked = new Set(hostConfig.mounts.map(({ target }) => target));
  return mountPoints
    .filter(({ type, destination }) => type !== 'tmpfs' || asked.has(destination))
    .map(fromMountPoint);
}

function fromMountPoint(point: MountPoint): Record<string, unknown> {
  return {
    Type: point.type,
    ...(point.type === 'volume' ? { Name: point.name } : {}),
    Source: point.source,
    Destination: point.destination,
    ...(point.type === 'volume' ? { Driver: 'local' } : {}),
    Mode: modeOf(point),
    RW: !point.readOnly,
    Propagation: point.propagation,
  };
}

/** Docker marks named volumes as shared between containers, with its word for SELinux. */
function modeOf({ type, options, anonymous }: MountPoint): string {
  if (type === 'tmpfs') return '';
  return type === 'volume' && options === '' && !anonymous ? 'z' : options;
}
