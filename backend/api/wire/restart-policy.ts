import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';
import type { HostConfig } from '../../engine/containers/container.ts';
import { text, whole } from './fields.ts';

type RestartPolicy = HostConfig['restartPolicy'];

/** `RestartPolicy` of a creation and of an update. */
export const restartPolicyWire = z.object({ Name: text, MaximumRetryCount: whole });

const NAMES: readonly RestartPolicy['name'][] = ['no', 'always', 'on-failure', 'unless-stopped'];

/** @throws invalid-argument in Docker's words */
export function toRestartPolicy(wire: z.infer<typeof restartPolicyWire> | null | undefined): RestartPolicy {
  const given = wire?.Name ?? '';
  const count = wire?.MaximumRetryCount ?? 0;
  // Old clients leave the name empty, whatever the count.
  if (given === '') return { name: 'no', maximumRetryCount: 0 };
  const name = NAMES.find((known) => known === given);
  if (name === undefined) {
    throw invalidArgument(
      `invalid restart policy (HostConfig.RestartPolicy): unknown policy '${given}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (name === 'on-failure' && count < 0)
    throw invalidArgument(
      'invalid restart policy (HostConfig.RestartPolicy): maximum retry count cannot be negative',
    );
  if (name !== 'on-failure' && count !== 0) {
    throw invalidArgument(
      `invalid restart policy (HostConfig.RestartPolicy): maximum retry count can only be used with 'on-failure'${count < 0 ? ' and cannot be negative' : ''}`,
    );
  }
  return { name, maximumRetryCount: count };
}
