import { matchesGlob } from 'node:path';
import type { Image } from '../../image/image-store.ts';
import { familiarName, familiarString, parseReference } from '../../oci/reference.ts';

/** `key` alone asks that the label is there; with a value, that it has this one. */
export interface LabelFilter {
  key: string;
  value?: string | undefined;
}

export function hasLabel({ config }: Image, { key, value }: LabelFilter): boolean {
  const labels = config.config?.Labels ?? {};
  return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
}

/** Whether a canonical reference fits a pattern such as `busybox`, `library/*` or `*:latest`. */
export function matchesReference(name: string, pattern: string): boolean {
  const reference = parseReference(name);
  const repository = { domain: reference.domain, path: reference.path };
  const candidates = [
    familiarString(reference),
    familiarName(reference),
    name,
    `${repository.domain}/${repository.path}`,
  ];
  // `*` does not cross a slash, as in Docker.
  return candidates.some((candidate) => candidate === pattern || matchesGlob(candidate, pattern));
}

/** Milliseconds since the epoch; images without a date count as the oldest. */
export function createdAt({ config }: Image): number {
  const time = Date.parse(config.created ?? '');
  return Number.isNaN(time) ? 0 : time;
}
