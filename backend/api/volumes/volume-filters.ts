import { invalidArgument } from '../../base/errors.ts';
import type { EngineContext } from '../../engine/context.ts';
import { volumeUsers } from '../../engine/volumes/volume-users.ts';
import type { VolumeRecord } from '../../volume/volumes.ts';
import { hasLabel } from '../containers/has-label.ts';
import type { Filters } from '../wire/query.ts';
import { ANONYMOUS_LABEL, volumeLabels } from '../wire/volume.ts';

export const LIST_FILTERS = ['dangling', 'driver', 'label', 'name'];
export const PRUNE_FILTERS = ['label', 'label!', 'all'];

type Fits = (volume: VolumeRecord) => boolean;

/** @throws invalid-argument for values that a filter does not know */
export function volumeFilter(engine: EngineContext, filters: Filters): Fits {
  const tests = [...filters].map(([name, values]) => oneFilter(engine, name, values));
  return (volume) => tests.every((fits) => fits(volume));
}

/** Without `all` the volumes that were made without a name. */
export function pruneFilter(
  engine: EngineContext,
  filters: Filters,
  { allByDefault }: { allByDefault: boolean },
): Fits {
  const { all, ...others } = Object.fromEntries(filters);
  const everything = all === undefined ? allByDefault : booleanFilter('all', all);
  const fits = volumeFilter(engine, new Map(Object.entries(others)));
  return (volume) => fits(volume) && (everything || ANONYMOUS_LABEL in volumeLabels(volume));
}

function oneFilter(engine: EngineContext, filter: string, values: readonly string[]): Fits {
  if (filter === 'label') return (volume) => values.every((value) => hasLabel(volumeLabels(volume), value));
  if (filter === 'label!') return (volume) => !values.some((value) => hasLabel(volumeLabels(volume), value));
  if (filter === 'driver') return ({ driver }) => values.includes(driver);
  if (filter === 'name') return ({ name }) => values.some((value) => matches(name, value));
  const wanted = booleanFilter(filter, values);
  return ({ name }) => (volumeUsers(engine, name).length === 0) === wanted;
}

/** Docker takes a part or a regular expression. */
function matches(text: string, wanted: string): boolean {
  try {
    return text === wanted || new RegExp(wanted).test(text);
  } catch {
    return text.includes(wanted);
  }
}

function booleanFilter(filter: string, values: readonly string[]): boolean {
  const [value = ''] = values;
  if (values.length === 1 && ['1', 'true', 'True', 't'].includes(value)) return true;
  if (values.length === 1 && ['0', 'false', 'False', 'f'].includes(value)) return false;
  throw invalidArgument(`invalid filter '${filter}=[${values.join(' ')}]'`);
}
