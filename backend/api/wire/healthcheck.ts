import { z } from 'zod';
import type { Healthcheck } from '../../engine/containers/container.ts';
import { strings } from './fields.ts';

const MILLISECOND = 1_000_000;
/** Nanoseconds; 0 for the default. */
const span = (name: string) =>
  z
    .int()
    .refine((value) => value === 0 || value >= MILLISECOND, `${name} in Healthcheck cannot be less than 1ms`)
    .nullish();

/** `Healthcheck` of a container's configuration. */
export const healthcheckWire = z.object({
  Test: strings.refine(
    (test) => !test?.length || test[0] === '' || ['NONE', 'CMD', 'CMD-SHELL'].includes(test[0] ?? ''),
    'must begin with NONE, CMD or CMD-SHELL',
  ),
  Interval: span('Interval'),
  Timeout: span('Timeout'),
  StartPeriod: span('StartPeriod'),
  StartInterval: span('StartInterval'),
  Retries: z.int().nonnegative('Retries in Healthcheck cannot be negative').nullish(),
});

export function toHealthcheck(wire: z.infer<typeof healthcheckWire> | null | undefined): Healthcheck | null {
  if (!wire) return null;
  return {
    test: wire.Test ?? [],
    interval: wire.Interval ?? 0,
    timeout: wire.Timeout ?? 0,
    startPeriod: wire.StartPeriod ?? 0,
    startInterval: wire.StartInterval ?? 0,
    retries: wire.Retries ?? 0,
  };
}

/** As inspect echoes it: what is zero is left out. */
export function fromHealthcheck(check: Healthcheck): Record<string, unknown> {
  const spans = {
    Interval: check.interval,
    Timeout: check.timeout,
    StartPeriod: check.startPeriod,
    StartInterval: check.startInterval,
    Retries: check.retries,
  };
  const set = Object.entries(spans).filter(([, value]) => value !== 0);
  return { ...(check.test.length > 0 ? { Test: check.test } : {}), ...Object.fromEntries(set) };
}
