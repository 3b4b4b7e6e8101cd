import { mkdirSync } from 'node:fs';
import { messageOf } from '../../../backend/base/errors.ts';
import { silentLogger } from '../../../backend/base/logger.ts';
import { createNetworks } from '../../../backend/network/create-networks.ts';
import type { AttachRequest, Sandbox } from '../../../backend/network/networks.ts';
import { createLayout } from '../../../backend/store/layout.ts';
import { openRecords } from '../../../backend/store/records.ts';

/** The network part of a daemon as a process of its own, so that it can live in any namespace and be killed. */
export type DaemonCall =
  | { verb: 'list' }
  | { verb: 'attach'; request: AttachRequest }
  | { verb: 'detach'; sandbox: Sandbox }
  | { verb: 'recover'; sandboxes: readonly { containerId: string; sandbox: Sandbox }[] }
  | { verb: 'close' };

const [dataRoot = '', runRoot = ''] = process.argv.slice(2);
const layout = createLayout(dataRoot, runRoot);
mkdirSync(dataRoot, { recursive: true });
const records = openRecords(layout.database);
const networks = await createNetworks({ layout, records, logger: silentLogger });

process.on('message', ({ id, call }: { id: number; call: DaemonCall }) => {
  run(call).then(
    (result) => process.send?.({ id, result: result ?? null }),
    (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      process.send?.({ id, failure: { message: messageOf(error), code } });
    },
  );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

function run(call: DaemonCall): Promise<unknown> {
  switch (call.verb) {
    case 'list':
      return Promise.resolve(networks.list());
    case 'attach':
      return networks.attach(call.request);
    case 'detach':
      return networks.detach(call.sandbox);
    case 'recover':
      return networks.recover(call.sandboxes);
    case 'close':
      return networks.close();
    default:
      throw new Error('unknown call');
  }
}
