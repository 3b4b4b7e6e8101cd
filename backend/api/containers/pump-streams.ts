import { Transform, type Readable, type Writable } from 'node:stream';
import type { AttachedStreams } from '../../runtime/runtime.ts';
import { closeHijacked, type HijackedConnection } from '../server/hijack.ts';
import { DetachKeys } from './detach-keys.ts';
import { streamFrame } from './stream-frame.ts';

export interface PumpOptions {
  tty: boolean;
  /** No frames, although there is no terminal. */
  raw?: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Empty: ctrl-p,ctrl-q. Looked for with a terminal only, as Docker does. */
  detachKeys: string;
  /** The user has typed them. */
  onDetach?: () => void;
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
    const leave = (): void => resolve();
    output.on('close', leave).on('error', leave);
    input.on('error', leave);
    // It may have gone while the streams were being connected.
    if (output.destroyed) leave();
  });
  const raw = options.tty || options.raw === true;
  const detached = pumpInput(input, streams.stdin, options);
  const ended = Promise.all([
    pumpOutput(streams.stdout, output, 'stdout', options.stdout, raw),
    pumpOutput(streams.stderr, output, 'stderr', options.stderr, raw),
    options.exit,
  ]);
  await Promise.race([ended, gone, detached]);
  streams[Symbol.dispose]();
  await closeHijacked(connection);
}

/** Resolves only when the detach keys were pressed. */
function pumpInput(
  input: Readable,
  stdin: Writable | null,
  { tty, detachKeys, onDetach }: PumpOptions,
): Promise<void> {
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
    const leave = (): void => {
      onDetach?.();
      resolve();
    };
    input.pipe(new DetachKeys(detachKeys, leave)).pipe(stdin);
  });
}

function pumpOutput(
  source: Readable | null,
  output: Writable,
  name: 'stdout' | 'stderr',
  wanted: boolean,
  raw: boolean,
): Promise<void> {
  if (!source) return Promise.resolve();
  if (!wanted) return endOf(source.resume());
  if (raw) return endOf(pipeInto(source, output));
  const frames = source.pipe(framer(name));
  // A source that breaks off never ends its frames by itself.
  void endOf(source).then(() => frames.end());
  // The frames' end and not the source's: to a slow client some are still on their way then.
  return endOf(pipeInto(frames, output));
}

function pipeInto(source: Readable, output: Writable): Readable {
  source.pipe(output, { end: false });
  return source;
}

function endOf(source: Readable): Promise<void> {
  return new Promise((resolve) => {
    source.once('end', resolve).once('close', resolve);
    source.once('error', () => resolve());
  });
}

function framer(name: 'stdout' | 'stderr'): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, streamFrame(name, chunk)),
  });
}
