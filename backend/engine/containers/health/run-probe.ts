import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../base/errors.ts';
import type { RunningExec } from '../../../runtime/runtime.ts';
import type { EngineContext } from '../../context.ts';
import { createExec } from '../../exec/create-exec.ts';
import { claimExec } from '../../exec/start-exec.ts';
import type { Container } from '../container.ts';
import { goDuration } from './go-duration.ts';
import type { HealthCheck } from './health-check.ts';
import type { ProbeResult } from './note-result.ts';
import { ProbeOutput } from './probe-output.ts';

const SIGKILL = 9;
/** Milliseconds that a killed probe may take to end before the next one is planned all the same. */
const KILL_PATIENCE = 60_000;
/** Milliseconds in which the last output of an ended probe arrives. */
const OUTPUT_PATIENCE = 1000;
/** Of a probe that could not be run or took too long. */
const FAILED = -1;

/** Runs the check once, as an exec in the container. When the signal aborts the probe is killed and its result void. */
export async function runProbe(
  context: EngineContext,
  container: Container,
  check: HealthCheck,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const start = new Date();
  const { exitCode, output } = await runCheck(context, container, check, signal).catch((error: unknown) => ({
    exitCode: FAILED,
    output: messageOf(error),
  }));
  return { start: start.toISOString(), end: new Date().toISOString(), exitCode, output };
}

type Outcome = Pick<ProbeResult, 'exitCode' | 'output'>;

async function runCheck(
  context: EngineContext,
  container: Container,
  check: HealthCheck,
  signal: AbortSignal,
): Promise<Outcome> {
  const late = lateOf(check.timeout, signal);
  const exec = createExec(context, container.id, {
    cmd: check.command,
    env: [],
    user: '',
    workingDir: '',
    tty: false,
    privileged: false,
    attachStdin: false,
    attachStdout: true,
    attachStderr: true,
    detachKeys: '',
    consoleSize: null,
  });
  try {
    const running = await claimExec(context, exec.id)({ detach: false });
    using _streams = running.streams;
    return await outcomeOf(running, check, late.passed);
  } finally {
    late.cancel();
    context.execs.forget(exec.id);
  }
}

async function outcomeOf(running: RunningExec, check: HealthCheck, late: Promise<null>): Promise<Outcome> {
  const output = new ProbeOutput();
  const ended = [running.streams?.stdout, running.streams?.stderr].map((stream) => collect(stream, output));
  const exit = await Promise.race([running.exit, late]);
  if (exit) {
    await Promise.race([Promise.all(ended), sleep(OUTPUT_PATIENCE, undefined, { ref: false })]);
    return { exitCode: exit.code, output: output.text() };
  }
  running.kill(SIGKILL);
  // Probes that do not die must not pile up.
  await Promise.race([running.exit, sleep(KILL_PATIENCE, undefined, { ref: false })]);
  const said = output.text();
  const words = `Health check exceeded timeout (${goDuration(check.timeout)})`;
  return { exitCode: FAILED, output: said === '' ? words : `${words}: ${said}` };
}

/** Resolves with null when the time is over, or nobody wants the result any more. */
function lateOf(timeout: number, signal: AbortSignal): { passed: Promise<null>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<null>();
  const pass = (): void => resolve(null);
  const timer = setTimeout(pass, timeout);
  signal.addEventListener('abort', pass);
  return {
    passed: promise,
    cancel: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', pass);
    },
  };
}

function collect(stream: Readable | null | undefined, output: ProbeOutput): Promise<void> {
  if (!stream) return Promise.resolve();
  stream.on('data', (chunk: Buffer) => output.add(chunk));
  return new Promise((resolve) => {
    stream.once('end', resolve).once('close', resolve);
    stream.once('error', () => resolve());
  });
}
