import { copyFile } from 'node:fs/promises';
import { fromRoot } from './build.ts';
import { runCommandLine, step } from './step.ts';
import { ensureVsix } from './vsix.ts';

await runCommandLine(async () => {
  await step('package', async () => {
    const { path, megabytes } = await ensureVsix();
    await copyFile(path, fromRoot('strata.vsix'));
    return `strata.vsix, ${megabytes} MB`;
  });
  return 0;
});
