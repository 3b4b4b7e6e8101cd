import { invalidArgument } from '../../base/errors.ts';
import type { LabelFilter } from '../../engine/images/image-filter.ts';
import type { Filters } from '../wire/query.ts';
import { parseTimestamp } from '../wire/timestamp.ts';

/** @throws invalid-argument when `dangling` is no boolean */
export function danglingFilter(filters: Filters): boolean | undefined {
  const [value] = filters.get('dangling') ?? [];
  if (value === undefined) return undefined;
  if (['1', 'true'].includes(value.toLowerCase())) return true;
  if (['0', 'false'].includes(value.toLowerCase())) return false;
  throw invalidArgument(`invalid filter 'dangling=${value}'`);
}

/** `key` or `key=value`. */
export function labelFilters(filters: Filters, name: 'label' | 'label!'): LabelFilter[] {
  return (filters.get(name) ?? []).map((text) => {
    const equals = text.indexOf('=');
    return equals === -1 ? { key: text } : { key: text.slice(0, equals), value: text.slice(equals + 1) };
  });
}

/** Milliseconds since the epoch. */
export function untilFilter(filters: Filters): number | undefined {
  const [value] = filters.get('until') ?? [];
  return value === undefined ? undefined : Number(parseTimestamp(value) / 1_000_000n);
}
