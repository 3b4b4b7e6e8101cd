import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';
import type { UpdateRequest } from '../../engine/containers/update.ts';
import { resourceFields, toResources } from './host-resources.ts';
import { restartPolicyWire, toRestartPolicy } from './restart-policy.ts';

/** POST /containers/{id}/update. Fields that cannot be updated are not looked at, as with Docker. */
const updateWire = z.looseObject({ ...resourceFields, RestartPolicy: restartPolicyWire.nullish() });

/** @throws invalid-argument naming the field */
export function toUpdateRequest(body: unknown): UpdateRequest {
  if (body === undefined) throw invalidArgument('a JSON body with what is to be updated is required');
  const wire = updateWire.parse(body);
  return {
    resources: toResources(wire),
    pidsLimit: wire.PidsLimit ?? null,
    restartPolicy: wire.RestartPolicy?.Name ? toRestartPolicy(wire.RestartPolicy) : null,
  };
}
