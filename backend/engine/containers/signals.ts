import { constants } from 'node:os';
import { invalidArgument } from '../../base/errors.ts';

const SIGNALS: Readonly<Record<string, number>> = constants.signals;
/** The real-time signals that libc leaves to programs. */
const FIRST_REAL_TIME = 34;
const LAST_REAL_TIME = 64;

/** `SIGTERM`, `term`, `15`, `RTMIN+3`. @throws invalid-argument */
export function parseSignal(text: string): number {
  const upper = text.toUpperCase();
  const number =
    realTime(upper) ?? (/^\d+$/.test(text) ? Number(text) : (SIGNALS[upper] ?? SIGNALS[`SIG${upper}`]));
  if (number === undefined || number < 1 || number > LAST_REAL_TIME)
    throw invalidArgument(`Invalid signal: ${text}`);
  return number;
}

function realTime(name: string): number | undefined {
  const [found, edge, distance = '0'] = /^(?:SIG)?RT(?:(MIN|MAX)(?:[+-](\d+))?)$/.exec(name) ?? [];
  if (found === undefined) return undefined;
  if (found.includes('MIN-') || found.includes('MAX+')) return undefined;
  const number = edge === 'MIN' ? FIRST_REAL_TIME + Number(distance) : LAST_REAL_TIME - Number(distance);
  return number >= FIRST_REAL_TIME && number <= LAST_REAL_TIME ? number : undefined;
}
