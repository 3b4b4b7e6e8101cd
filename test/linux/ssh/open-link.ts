import assert from 'node:assert/strict';
import { ConnectFailure, type FailureCode } from '../../../extension/connection/failure.ts';
import type { Prompts } from '../../../extension/connection/prompts.ts';
import { SessionSecrets } from '../../../extension/connection/session-secrets.ts';
import type { SshLink } from '../../../extension/connection/ssh/link.ts';
import { openSshLink } from '../../../extension/connection/ssh/open-link.ts';
import { effectiveConfig } from '../../../extension/machines/effective-config.ts';
import type { SshMachine } from '../../../extension/machines/machine.ts';

/** A link to the machine as its configuration says; the one jump host is the machine itself. */
export async function openLink(
  machine: SshMachine,
  prompts: Prompts,
  signal = AbortSignal.timeout(15_000),
): Promise<SshLink> {
  return openSshLink(await effectiveConfig(machine), {
    prompts,
    secrets: new SessionSecrets(prompts.secrets),
    keepaliveMs: 1000,
    signal,
    resolveJump: async (spec, target) => {
      assert.equal(spec, 'jump');
      return { ...target, proxyJump: [] };
    },
  });
}

/** For `assert.rejects`: the code, and words of the message. */
export const fails =
  (code: FailureCode, words: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ConnectFailure, `not a ConnectFailure: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  };
