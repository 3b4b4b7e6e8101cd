import type { Container } from '../../engine/containers/container.ts';
import { endpointSettings } from './container-endpoint.ts';
import { portList } from './container-ports.ts';
import { fromMountPoint } from './mount.ts';

export interface SummaryExtras {
  /** Repo tag of the image, or its id where it has none any more. */
  image: string;
  /** Bytes of the writable layer and of all layers; only with `size=1`. */
  size: { writable: number; total: number } | null;
  now: number;
}

/** An entry of GET /containers/json. */
export function containerSummary(
  container: Container,
  { image, size, now }: SummaryExtras,
): Record<string, unknown> {
  const { config, hostConfig, state } = container;
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: image,
    ImageID: container.imageId,
    Command: [...config.entrypoint, ...config.cmd].map(quoted).join(' '),
    Created: Math.floor(Date.parse(container.created) / 1000),
    Ports: portList(container),
    ...(size ? { SizeRw: size.writable, SizeRootFs: size.total } : {}),
    Labels: config.labels,
    State: state.status,
    Status: statusText(container, now),
    HostConfig: { NetworkMode: hostConfig.networkMode },
    NetworkSettings: { Networks: endpointSettings(container) },
    Mounts: container.mountPoints.filter(({ type }) => type !== 'tmpfs').map(fromMountPoint),
  };
}

function quoted(argument: string): string {
  return /[\s'"]/.test(argument) ? `'${argument.replaceAll("'", String.raw`'\''`)}'` : argument;
}

/** `Up 5 minutes`, `Exited (0) 2 hours ago`, as `docker ps` prints it. */
export function statusText({ state }: Container, now: number): string {
  const since = (time: string): string => humanDuration(now - Date.parse(time));
  if (state.status === 'running') return `Up ${since(state.startedAt)}`;
  if (state.status === 'restarting') return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
  if (state.status === 'removing') return 'Removal In Progress';
  if (state.status === 'created') return 'Created';
  return state.finishedAt === '' ? 'Exited' : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
}

const STEPS: readonly [limit: number, seconds: number, name: string][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [48 * 3600, 3600, 'hour'],
  [14 * 86_400, 86_400, 'day'],
  [60 * 86_400, 7 * 86_400, 'week'],
  [730 * 86_400, 30 * 86_400, 'month'],
  [Number.POSITIVE_INFINITY, 365 * 86_400, 'year'],
];

/** Docker's words for a span: `Less than a second`, `About a minute`, `3 days`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  const [, unit, name] = STEPS.find(([limit]) => seconds < limit) ?? [0, 1, 'second'];
  const count = Math.floor(seconds / unit);
  if (count === 1) return `About ${name === 'hour' ? 'an' : 'a'} ${name}`;
  return `${count} ${name}s`;
}
