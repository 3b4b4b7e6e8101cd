import { codeOf } from '../../base/errors.ts';
import type { NetworkRecord } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';

/** By name, id or unique prefix of an id; undefined where there is none. @throws invalid-argument when ambiguous */
export function findNetwork(
  { networks }: Pick<EngineContext, 'networks'>,
  nameOrId: string,
): NetworkRecord | undefined {
  try {
    return networks.get(nameOrId);
  } catch (error) {
    if (codeOf(error) === 'not-found') return undefined;
    throw error;
  }
}
