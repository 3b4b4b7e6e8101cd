import { invalidArgument } from '../../base/errors.ts';
import { networkMembers } from '../../engine/networks/network-members.ts';
import { isPredefined } from '../../engine/networks/network-names.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { NetworkRecord } from '../../network/networks.ts';
import { hasLabel } from '../containers/has-label.ts';
import { driverWire } from '../wire/network.ts';
import type { Filters } from '../wire/query.ts';
import { parseTimestamp } from '../wire/timestamp.ts';

export const LIST_FILTERS = ['name', 'id', 'driver', 'type', 'label', 'scope', 'dangling'];
export const PRUNE_FILTERS = ['label', 'label!', 'until'];

type Fits = (network: NetworkRecord) => boolean;

/** @throws invalid-argument for values that a filter does not know */
export function networkFilter(engine: EngineContext, filters: Filters): Fits {
  const tests = [...filters].map(([name, values]) => oneFilter(engine, name, values));
  return (network) => tests.every((fits) => fits(network));
}

function oneFilter(engine: EngineContext, name: string, values: readonly string[]): Fits {
  if (name === 'type') return typeFilter(values);
  if (name === 'dangling') return danglingFilter(engine, values);
  if (name === 'until') return untilFilter(values);
  if (name === 'label') return ({ labels }) => values.every((value) => hasLabel(labels, value));
  if (name === 'label!') return ({ labels }) => !values.some((value) => hasLabel(labels, value));
  if (name === 'scope') return () => values.includes('local');
  if (name === 'driver') return ({ driver }) => values.includes(driverWire(driver));
  const part = (text: string): boolean => values.some((value) => matches(text, value));
  return name === 'id' ? ({ id }) => part(id) : (network) => part(network.name);
}

/** Docker takes a part or a regular expression. */
function matches(text: string, wanted: string): boolean {
  try {
    return text === wanted || new RegExp(wanted).test(text);
  } catch {
    return text.includes(wanted);
  }
}

function typeFilter(values: readonly string[]): Fits {
  for (const value of values) {
    if (value !== 'custom' && value !== 'builtin') throw invalidArgument(`invalid filter: 'type'='${value}'`);
  }
  return ({ name }) => values.includes(isPredefined(name) ? 'builtin' : 'custom');
}

/** A network that nobody is in now. */
function danglingFilter(engine: EngineContext, values: readonly string[]): Fits {
  if (values.length > 1) throw invalidArgument('got more than one value for filter key "dangling"');
  const [value = ''] = values;
  if (!['0', 'false', '1', 'true'].includes(value)) {
    throw invalidArgument(
      `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`,
    );
  }
  const wanted = value === '1' || value === 'true';
  return ({ name, id }) => wanted === (!isPredefined(name) && networkMembers(engine, id).length === 0);
}

function untilFilter(values: readonly string[]): Fits {
  const [value = ''] = values;
  if (values.length > 1) throw invalidArgument('more than one until filter specified');
  const until = Number(parseTimestamp(value) / 1_000_000n);
  return ({ created }) => Date.parse(created) < until;
}
