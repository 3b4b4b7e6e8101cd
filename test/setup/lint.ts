import { lint } from './lint-steps.ts';
import { runCommandLine } from './step.ts';

await runCommandLine(async () => ((await lint()).failed === 0 ? 0 : 1));
