import { before, type Context } from 'mocha';
import { callApi } from './api-client.ts';

/**
 * For tests of networks that users make. A version that answers 501 to making one is not asked what it cannot do,
 * and says so; the tests run by themselves as soon as it can.
 */
export async function skipWithoutNetworks(test: Context, socket: string): Promise<void> {
  const probe = { method: 'POST', body: { Name: 'strata-probe' } };
  const { status, text } = await callApi(socket, '/networks/create', probe);
  if (status === 201) await callApi(socket, '/networks/strata-probe', { method: 'DELETE' });
  if (status !== 501) return;
  console.log(`      skipped: ${text.trim()}`);
  test.skip();
}

/** The same for all tests of a `describe`. */
export function needsNetworks(socket: () => string): void {
  before(function () {
    return skipWithoutNetworks(this, socket());
  });
}
