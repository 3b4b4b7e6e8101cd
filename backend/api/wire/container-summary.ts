import type { Container } from '../../engine/containers/container.ts';
import { endpointSettings } from './container-endpoint.ts';
import { portList } from './container-ports.ts';
import { fromMountPoints } from './mount.ts';

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
    ...(state.health
      ? { Health: { Status: state.health.status, FailingStreak: state.health.failingStreak } }
      : {}),
    HostConfig: { NetworkMode: hostConfig.networkMode },
    NetworkSettings: { Networks: endpointSettings(container) },
    Mounts: fromMountPoints(container),
  };
}

function quoted(argument: string): string {
  return /[\s'"]/.test(argument) ? `'${argument.replaceAll("'", String.raw`'\''`)}'` : argument;
}

/** `Up 5 minutes`, `Exited (0) 2 hours ago`, as `docker ps` prints it. */
export function statusText({ state }: Container, now: number): string {
  const since = (time: string): string => humanDuration(now - Date.parse(time));
  if (state.status === 'running') return `Up ${since(state.startedAt)}${healthText(state.health)}`;
  if (state.status === 'paused') return `Up ${since(state.startedAt)} (Paused)`;
  if (state.status === 'dead') return 'Dead';
  if (state.status === 'restarting') return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
  if (state.status === 'removing') return 'Removal In Progress';
  if (state.status === 'created') return 'Created';
  return state.finishedAt === '' ? 'Exited' : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
}

function healthText(health: Container['state']['health']): string {
  if (!health) return '';
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`;
}

/** Hours up to which a unit is used, and hours in it. */
const STEPS: readonly [limit: number, hours: number, name: string][] = [
  [48, 1, 'hours'],
  [14 * 24, 24, 'days'],
  [60 * 24, 7 * 24, 'weeks'],
  [730 * 24, 30 * 24, 'months'],
  [Number.POSITIVE_INFINITY, 365 * 24, 'years'],
];

/** Docker's words for a span: `Less than a second`, `About a minute`, `3 days`. As there, hours alone are rounded. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return 'About an hour';
  const [, unit, name] = STEPS.find(([limit]) => hours < limit) ?? [0, 1, 'hours'];
  return `${Math.floor(hours / unit)} ${name}`;
}
