import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fromRoot, ROOT } from './build.ts';
import { duration } from './step.ts';
import type { Tally } from './tally.ts';

interface GroupOptions {
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the whole group is ended and counts as failed. */
  timeout: number;
}

/** Runs the test files of one kind in a process of their own, so that no group leaves state to the next. */
export async function mochaGroup(
  name: string,
  patterns: readonly string[],
  options: GroupOptions,
): Promise<Tally> {
  const files = globSync([...patterns], { cwd: ROOT }).toSorted();
  console.log(`\n── ${name}: ${files.length} files`);
  if (files.length === 0) {
    console.log(`✗ no file matches ${patterns.join(' ')}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const started = performance.now();
  const { code, text } = await runMocha(files, options);
  const tally = read(text, code);
  console.log(
    `── ${name}: ${tally.passed} passed, ${tally.failed} failed (${duration(performance.now() - started)})`,
  );
  return tally;
}

function runMocha(
  files: readonly string[],
  { env, timeout }: GroupOptions,
): Promise<{ code: number; text: string }> {
  const mocha = fromRoot('node_modules', 'mocha', 'bin', 'mocha.js');
  // --exit is left out on purpose: a test that leaves something running is found by the group's timeout.
  const args = [mocha, '--no-config', '--no-color', '--reporter', 'spec', '--timeout', '20000', ...files];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const timer = setTimeout(() => {
      console.log(`✗ still running after ${duration(timeout)}: ended`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    }, timeout);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 137, text });
    });
  });
}

/** The counts at the end of mocha's report. A process that ended badly without a failed test is a failure too. */
function read(text: string, code: number): Tally {
  const last = (word: string) =>
    Number([...text.matchAll(new RegExp(`^ {2}(\\d+) ${word}`, 'gm'))].at(-1)?.[1] ?? 0);
  const tally = { passed: last('passing'), failed: last('failing'), skipped: last('pending') };
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}
