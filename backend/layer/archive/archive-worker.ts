import { parentPort } from 'node:worker_threads';
import { codeOf, internal, messageOf } from '../../base/errors.ts';
import { leaveSharedFileSystemContext } from '../../linux/confine.ts';
import { MountNamespaceLost } from '../../linux/private-tree.ts';
import { InputJob } from './input-job.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { openView } from './open-view.ts';
import { beginOutput } from './output-job.ts';
import { WriteJob } from './write-job.ts';

/**
 * A thread that reads and writes files of containers, one job at a time, with synchronous calls: it may visit mount
 * namespaces of its own, and work on a million files does not hold up the daemon.
 */
const port = parentPort;
if (!port) throw internal('the archive worker runs as a worker thread only');
leaveSharedFileSystemContext();

interface Current {
  job: number;
  input: InputJob | WriteJob | null;
  output: Generator<Buffer> | null;
  /** Bytes that may be sent. */
  credit: number;
}

/** So many bytes are under way to the reader at most, beside one chunk. */
const WINDOW = 2 ** 20;

/** Milliseconds. */
const TURN = 50;

let current: Current | null = null;
/** Messages are handled one after the other, also those that arrive while one is waiting. */
let work: Promise<void> = Promise.resolve();
port.on('message', (message: ToWorker) => {
  work = work.then(() => handle(message));
});

async function handle(message: ToWorker): Promise<void> {
  try {
    if (message.kind === 'start') return start(message);
    if (message.kind === 'cancel') return cancel(message.job);
    // What was on its way when its job failed.
    if (current?.job !== message.job) return;
    if (message.kind === 'credit') return send(current, message.bytes);
    if (message.kind === 'bytes') await take(current, message.bytes);
    else await finish(current);
  } catch (error) {
    fail(message.job, error);
  }
}

function start({ job, view, task }: Extract<ToWorker, { kind: 'start' }>): void {
  const tree = openView(view);
  try {
    current = { job, input: null, output: null, credit: 0 };
    if (task.kind === 'extract' || task.kind === 'write') {
      current.input = task.kind === 'extract' ? new InputJob(tree, task) : new WriteJob(tree, task);
      return tell({ kind: 'opened', job, stat: null });
    }
    const { stat, chunks } = beginOutput(tree, task);
    tell({ kind: 'opened', job, stat });
    current.output = chunks;
  } catch (error) {
    tree[Symbol.dispose]();
    throw error;
  }
  send(current, WINDOW);
}

function send(job: Current, credit: number): void {
  job.credit += credit;
  const until = Date.now() + TURN;
  while (job.credit > 0) {
    // Work that says little would not let a cancellation be heard.
    if (Date.now() > until) return void setImmediate(() => resume(job));
    const next = job.output?.next();
    if (!next || next.done) {
      end();
      return tell({ kind: 'done', job: job.job });
    }
    job.credit -= next.value.length;
    const bytes = new Uint8Array(next.value.buffer as ArrayBuffer);
    tell({ kind: 'bytes', job: job.job, bytes }, [bytes.buffer]);
  }
}

function resume(job: Current): void {
  if (current !== job) return;
  try {
    send(job, 0);
  } catch (error) {
    fail(job.job, error);
  }
}

async function take({ job, input }: Current, bytes: Uint8Array): Promise<void> {
  await input?.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  tell({ kind: 'taken', job, bytes: bytes.byteLength });
}

async function finish({ job, input }: Current): Promise<void> {
  await input?.finish();
  current = null;
  tell({ kind: 'done', job });
}

function cancel(job: number): void {
  try {
    if (current?.job === job) end();
  } finally {
    tell({ kind: 'ended', job });
  }
}

/** Closes everything that the job has open. */
function end(): void {
  const ended = current;
  current = null;
  ended?.output?.return(undefined);
  ended?.input?.close();
}

function fail(job: number, error: unknown): void {
  try {
    end();
  } finally {
    // The parts that read archives were written for layers.
    const message = messageOf(error).replace(/^layer (?=entry|is )/, 'archive ');
    tell({ kind: 'failed', job, code: codeOf(error), message });
  }
  if (error instanceof MountNamespaceLost) process.exit(1);
}

function tell(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
  port?.postMessage(message, transfer);
}
