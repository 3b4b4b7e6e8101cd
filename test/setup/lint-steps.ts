import { run } from '../support/run.ts';
import { fromRoot, ROOT } from './build.ts';
import { duration } from './step.ts';
import type { Tally } from './tally.ts';

const CHECKS: readonly (readonly [name: string, program: string, ...args: string[]])[] = [
  ['types', 'tsc', '--noEmit'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['format', 'biome', 'format'],
  // Exports that only a test or a later issue uses are fine; files and packages that nobody uses are not.
  ['unused', 'knip', '--include', 'files,dependencies,unlisted', '--no-config-hints'],
];

/** Types, lint, format and unused code: every check runs, also after a failure. */
export async function lint(): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, program, ...args] of CHECKS) {
    const started = performance.now();
    const { code, stdout, stderr } = await run(fromRoot('node_modules', '.bin', program), args, {
      cwd: ROOT,
      timeout: 300_000,
    });
    const took = duration(performance.now() - started);
    if (code === 0) {
      tally.passed += 1;
      console.log(`✓ ${name} (${took})`);
    } else {
      tally.failed += 1;
      console.log(`✗ ${name} (${took}): ${program} ${args.join(' ')}\n${stdout}${stderr}`);
    }
  }
  return tally;
}
