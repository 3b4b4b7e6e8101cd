import { runOk } from '../support/run.ts';
import { SetupError } from './step.ts';

/** Where this machine gets Debian's packages from, by its own apt sources: newer suites come from there too. */
export async function debianMirror(): Promise<string> {
  const targets = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'];
  const stdout = await runOk('apt-get', targets);
  const mirror = stdout
    .split('\n')
    .map((uri) => uri.replace(/\/$/, ''))
    .find((uri) => uri.endsWith('/debian'));
  if (mirror !== undefined) return mirror;
  throw new SetupError(
    'the apt sources name no Debian mirror',
    'run this on Debian, or add one to the apt sources',
  );
}
