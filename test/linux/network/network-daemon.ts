import { mkdirSync } from 'node:fs';
import { codeOf, messageOf } from '../../../backend/base/errors.ts';
import { silentLogger } from '../../../backend/base/logger.ts';
import { createNetworks } from '../../../backend/network/create-networks.ts';
import type { Networks } from '../../../backend/network/networks.ts';
import { createLayout } from '../../../backend/store/layout.ts';
import { openRecords } from '../../../backend/store/records.ts';
import { pass } from './mortal-steps.ts';

/** The network part of a daemon as a process of its own, so that it can live in any namespace and be killed. */
export interface DaemonCall {
  id: number;
  verb: keyof Networks;
  args: readonly unknown[];
}
export type DaemonAnswer =
  | { id: number; result: unknown }
  | { id: number; failure: { message: string; code: string } };

/** What a new process waits for: until then it has read its own code and nothing else. */
export interface DaemonStart {
  dataRoot: string;
  runRoot: string;
  pools: readonly string[] | null;
}

let networks: Networks | undefined;

process.on('message', (message: DaemonCall | DaemonStart) => {
  if ('dataRoot' in message) {
    open(message).then(
      () => process.send?.('ready'),
      (error: unknown) => {
        process.stderr.write(`${messageOf(error)}\n`);
        process.exit(1);
      },
    );
  } else answer(message).catch((error: unknown) => process.stderr.write(`${messageOf(error)}\n`));
});
process.on('disconnect', () => process.exit());

async function open({ dataRoot, runRoot, pools }: DaemonStart): Promise<void> {
  const layout = createLayout(dataRoot, runRoot);
  mkdirSync(dataRoot, { recursive: true });
  const records = openRecords(layout.database);
  const instance = pools === null ? {} : { pools };
  networks = await createNetworks({ layout, records, logger: silentLogger, instance, step: pass });
}

async function answer({ id, verb, args }: DaemonCall): Promise<void> {
  try {
    const method = networks?.[verb] as ((...given: readonly unknown[]) => unknown) | undefined;
    const result = await method?.(...args);
    process.send?.({ id, result: result ?? null } satisfies DaemonAnswer);
  } catch (error) {
    process.send?.({
      id,
      failure: { message: messageOf(error), code: codeOf(error) },
    } satisfies DaemonAnswer);
  }
}
