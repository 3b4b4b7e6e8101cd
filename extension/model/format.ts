import type { ContainerSummary, Port } from '../client/shapes/containers.ts';
import type { ImageSummary } from '../client/shapes/images.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as Docker's clients write them: powers of 1000 and three significant digits. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${units[unit] ?? 'B'}`;
}

/** How long ago a time (seconds since the epoch) was, in the largest unit that fits. */
export function formatAge(createdSeconds: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor(nowMs / 1000 - createdSeconds));
  const steps: [number, string][] = [
    [365 * 86_400, 'year'],
    [30 * 86_400, 'month'],
    [7 * 86_400, 'week'],
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ];
  for (const [size, name] of steps) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function containerName(container: ContainerSummary): string {
  return container.Names?.[0]?.replace(/^\//, '') ?? shortId(container.Id);
}

/** The tags of an image; an image without any goes by its short id. */
export function imageTags(image: ImageSummary): string[] {
  return (image.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>');
}

export function imageTitle(image: ImageSummary): string {
  return imageTags(image)[0] ?? shortId(image.Id);
}

/** `docker.io/library/nginx:1` is what everybody calls `nginx:1`. */
export function familiarName(reference: string): string {
  return reference.replace(/^docker\.io\/library\//, '').replace(/^docker\.io\//, '');
}

/** A reference in two parts: the registry's host (empty for the usual one), and the name with its tag. */
export function splitReference(reference: string): { registry: string; name: string } {
  const familiar = familiarName(reference);
  const slash = familiar.indexOf('/');
  const first = familiar.slice(0, Math.max(0, slash));
  // Docker's own rule: a host has a dot or a port, or is localhost.
  if (slash < 0 || !(/[.:]/.test(first) || first === 'localhost')) return { registry: '', name: familiar };
  return { registry: first, name: familiar.slice(slash + 1) };
}

/** Published ports once each: an engine lists the IPv4 and the IPv6 side of one port apart. */
export function publishedPorts(container: ContainerSummary): (Port & { PublicPort: number })[] {
  const seen = new Map<string, Port & { PublicPort: number }>();
  for (const port of container.Ports ?? []) {
    const { PublicPort } = port;
    if (PublicPort === undefined || PublicPort === 0) continue;
    const key = `${PublicPort}/${port.PrivatePort}/${port.Type}`;
    if (!seen.has(key)) seen.set(key, { ...port, PublicPort });
  }
  return Array.from(seen.values()).sort((a, b) => a.PublicPort - b.PublicPort);
}

export function formatPorts(container: ContainerSummary): string {
  return publishedPorts(container)
    .map((port) => `${port.PublicPort}→${port.PrivatePort}${port.Type === 'tcp' ? '' : `/${port.Type}`}`)
    .join(' ');
}
