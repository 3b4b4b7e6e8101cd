import { parentPort } from 'node:worker_threads';
import { codeOf, internal, messageOf } from '../../base/errors.ts';
import { leaveSharedFileSystemContext } from '../../linux/confine.ts';
import { beginApply, type LayerApply } from './apply-layer.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/**
 * A thread that unpacks layers, one at a time. It has a root directory of its own, which is the layer's
 * while it unpacks. Everything native is loaded by the imports above, before the first chroot.
 */
const port = parentPort;
if (!port) throw internal('the layer worker runs as a worker thread only');
leaveSharedFileSystemContext();

let current: { job: number; apply: LayerApply } | null = null;
/** Messages are handled one after the other, also those that arrive while one is waiting. */
let work: Promise<void> = Promise.resolve();
port.on('message', (message: ToWorker) => {
  work = work.then(() => handle(message));
});

async function handle(message: ToWorker): Promise<void> {
  try {
    if (message.kind === 'start') current = { job: message.job, apply: beginApply(message) };
    // What was on its way when its layer failed.
    else if (current?.job !== message.job) return;
    else if (message.kind === 'end') await finish(current);
    else await take(current, message.bytes);
  } catch (error) {
    fail(message.job, error);
  }
}

async function take({ job, apply }: { job: number; apply: LayerApply }, bytes: Uint8Array): Promise<void> {
  await apply.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  tell({ kind: 'taken', job, bytes: bytes.byteLength });
}

async function finish({ job, apply }: { job: number; apply: LayerApply }): Promise<void> {
  const meta = await apply.finish();
  current = null;
  tell({ kind: 'done', job, meta });
}

function fail(job: number, error: unknown): void {
  const failed = current;
  current = null;
  try {
    failed?.apply.abandon();
  } finally {
    tell({ kind: 'failed', job, code: codeOf(error), message: messageOf(error) });
  }
}

function tell(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
  port?.postMessage(message);
}
