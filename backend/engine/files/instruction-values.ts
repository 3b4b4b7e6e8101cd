import { invalidArgument } from '../../base/errors.ts';
import type { RunConfig } from './apply-changes.ts';

type Healthcheck = NonNullable<RunConfig['Healthcheck']>;

/** `80`, `53/udp`, `8000-8010/tcp` → ports with their protocols. @throws invalid-argument */
export function parseExposed(text: string): string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (!match || first > last || last > 65535) throw invalidArgument(`Invalid containerPort: ${text}`);
  const protocol = (match[3] ?? 'tcp').toLowerCase();
  return Array.from({ length: last - first + 1 }, (_, offset) => `${first + offset}/${protocol}`);
}

const FLAGS: Readonly<Record<string, keyof Healthcheck>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/** `NONE`, or flags and `CMD` with its exec or shell form. @throws invalid-argument */
export function parseHealthcheck(
  text: string,
  jsonStrings: (text: string) => string[] | undefined,
): Healthcheck {
  const check: Healthcheck = {};
  let rest = text;
  for (let flag = /^--([a-z-]+)=(\S*)\s*/.exec(rest); flag; flag = /^--([a-z-]+)=(\S*)\s*/.exec(rest)) {
    setFlag(check, flag[1] ?? '', flag[2] ?? '');
    rest = rest.slice(flag[0].length);
  }
  const [kind = ''] = rest.split(/\s/, 1);
  const argument = rest.slice(kind.length).trim();
  if (kind.toUpperCase() === 'NONE') {
    if (argument !== '') throw invalidArgument('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (kind.toUpperCase() !== 'CMD')
    throw invalidArgument(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  if (argument === '') throw invalidArgument('Missing command after HEALTHCHECK CMD');
  const exec = jsonStrings(argument);
  return { ...check, Test: exec ? ['CMD', ...exec] : ['CMD-SHELL', argument] };
}

function setFlag(check: Healthcheck, name: string, value: string): void {
  if (name === 'retries') {
    if (!/^\d+$/.test(value)) throw invalidArgument(`--retries must be a number, not ${value}`);
    check.Retries = Number(value);
    return;
  }
  const field = FLAGS[name];
  if (field === undefined) throw invalidArgument(`unknown flag: --${name}`);
  Object.assign(check, { [field]: parseDuration(name, value) });
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const SHORTEST = 1e6;

/** Go's durations, such as `1m30s`, in nanoseconds. */
function parseDuration(name: string, text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/.test(text))
    throw invalidArgument(`invalid duration ${JSON.stringify(text)} for --${name}`);
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g))
    total += Number(number) * (UNITS[unit ?? ''] ?? 0);
  if (total !== 0 && total < SHORTEST)
    throw invalidArgument(`Interval ${JSON.stringify(name)} cannot be less than 1ms`);
  return Math.round(total);
}
