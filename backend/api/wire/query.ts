import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';

/** Docker's booleans: `1`, `true`, `True`, `t`; `0`, `false`, `no` and nothing are false. */
export function flag(query: URLSearchParams, name: string, otherwise = false): boolean {
  const value = query.get(name)?.toLowerCase().trim();
  if (value === undefined) return otherwise;
  return !['', '0', 'no', 'false', 'none', 'f'].includes(value);
}

/** @throws invalid-argument naming the parameter */
export function wholeNumber(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  if (value === null || value === '') return null;
  if (!/^-?\d+$/.test(value))
    throw invalidArgument(
      `invalid value ${JSON.stringify(value)} for parameter ${name}: expected a whole number`,
    );
  return Number(value);
}

/** Rows and columns of a terminal. */
export function terminalSize(query: URLSearchParams): { rows: number; columns: number } {
  const rows = wholeNumber(query, 'h');
  const columns = wholeNumber(query, 'w');
  if (rows === null || rows < 0 || rows > 65535)
    throw invalidArgument('invalid parameter h: expected 0 to 65535');
  if (columns === null || columns < 0 || columns > 65535)
    throw invalidArgument('invalid parameter w: expected 0 to 65535');
  return { rows, columns };
}

const filtersSchema = z.union([
  z.record(z.string(), z.array(z.string())),
  // Clients older than API 1.22 send {"name": {"value": true}}.
  z
    .record(z.string(), z.record(z.string(), z.boolean()))
    .transform((old) =>
      Object.fromEntries(Object.entries(old).map(([name, values]) => [name, Object.keys(values)])),
    ),
]);
export type Filters = ReadonlyMap<string, readonly string[]>;

/** `filters`. @throws invalid-argument for malformed JSON and for names outside `known` */
export function parseFilters(query: URLSearchParams, known: readonly string[]): Filters {
  const text = query.get('filters');
  if (!text) return new Map();
  let parsed: Record<string, string[]>;
  try {
    parsed = filtersSchema.parse(JSON.parse(text));
  } catch (error) {
    throw invalidArgument(`invalid parameter filters: ${text}`, error);
  }
  for (const name of Object.keys(parsed))
    if (!known.includes(name)) throw invalidArgument(`invalid filter '${name}'`);
  return new Map(Object.entries(parsed));
}
