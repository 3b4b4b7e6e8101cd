import { invalidArgument } from '../../base/errors.ts';

/** `since` and `until`: seconds with fraction, RFC 3339, or a Go duration back from now. Nanoseconds since the epoch. */
export function parseTimestamp(text: string, now: number = Date.now()): bigint {
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0') || 0);
  const back = goDuration(text);
  // Date.parse alone would take `1.2.3` for a day of 2003.
  const date = /^\d{4}-\d\d-\d\d(?:T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  const milliseconds = back === undefined ? date : now - back;
  if (Number.isNaN(milliseconds))
    throw invalidArgument(
      `invalid timestamp ${JSON.stringify(text)}: expected seconds, RFC 3339 or a duration such as 10m`,
    );
  return BigInt(Math.round(milliseconds)) * 1_000_000n;
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** `1h30m` in milliseconds; undefined for what is no duration. */
export function goDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g))
    total += Number(amount) * (UNITS[unit] ?? 0);
  return total;
}
