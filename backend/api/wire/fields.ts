import { z } from 'zod';

/** Go's clients send null for what is empty. */
export const text = z.string().nullish();
export const flag = z.boolean().nullish();
export const whole = z.int().nullish();
export const strings = z.array(z.string()).nullish();
export const byName = z.record(z.string(), z.string()).nullish();
export const list = <T extends z.ZodType>(item: T) => z.array(item).nullish();

/** Docker shows an empty list as null in most places. */
export function orNull<T>(values: readonly T[]): readonly T[] | null {
  return values.length > 0 ? values : null;
}
