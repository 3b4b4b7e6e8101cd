import { Transform, type Readable, type Writable } from 'node:stream';
import type { AttachedStreams } from '../../runtime/runtime.ts';
import type { HijackedConnection } from '../server/hijack.ts';
import { DetachKeys } from './detach-keys.ts';
import { streamFrame } from './stream-frame.ts';

export interface PumpOptions {
  tty: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Empty: ctrl-p,ctrl-q. Looked for with a terminal only, as Docker does. */
  detachKeys: string;
  /** The stream stays open until this settles too: clients ask for an exit code as soon as it closes. */
  exit?: Promise<unknown>;
}

/**
 * Carries bytes between a client and a process until the process has ended its output, the client is gone, or
 * the detach keys were pressed. Each direction closes by itself: a client that has sent its last byte still reads.
 */
export async function pumpStreams(
  connection: HijackedConnection,
  streams: AttachedStreams,
  options: PumpOptions,
): Promise<void> {
  const { input, output } = connection;
  const gone = new Promise<void>((resolve) => {
    output.once('close', resolve).once('error', () => resolve());
    input.once('error', () => resolve());
  });
  const detached = pumpInput(input, streams.stdin, options);
  const ended = Promise.all([
    pumpOutput(streams.stdout, output, 'stdout', options.stdout, options.tty),
    pumpOutput(streams.stderr, output, 'stderr', options.stderr, options.tty),
    options.exit,
  ]);
  await Promise.race([ended, gone, detached]);
  streams[Symbol.dispose]();
  input.unpipe();
  input.resume();
  if (!output.destroyed) await new Promise<void>((resolve) => output.end(resolve));
  connection.destroy();
}

/** Resolves only when the detach keys were pressed. */
function pumpInput(input: Readable, stdin: Writable | null, { tty, detachKeys }: PumpOptions): Promise<void> {
  if (!stdin) {
    input.resume();
    return new Promise(() => undefined);
  }
  stdin.on('error', () => input.unpipe().resume());
  if (!tty) {
    input.pipe(stdin);
    return new Promise(() => undefined);
  }
  return new Promise((resolve) => {
    input.pipe(new DetachKeys(detachKeys, resolve)).pipe(stdin);
  });
}

function pumpOutput(
  source: Readable | null,
  output: Writable,
  name: 'stdout' | 'stderr',
  wanted: boolean,
  tty: boolean,
): Promise<void> {
  if (!source) return Promise.resolve();
  const done = new Promise<void>((resolve) =>
    source
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve()),
  );
  if (!wanted) source.resume();
  else if (tty) source.pipe(output, { end: false });
  else source.pipe(framer(name)).pipe(output, { end: false });
  return done;
}

function framer(name: 'stdout' | 'stderr'): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, streamFrame(name, chunk)),
  });
}
