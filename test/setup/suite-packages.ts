import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../support/run.ts';
import { debianMirror } from './debian-mirror.ts';
import { cached, exists } from './images/cache-dir.ts';
import { SetupError } from './step.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Unpacks packages of another Debian into the cache, without touching the machine's own packages: apt gets
 * lists, cache and sources of its own. Only for programs that need nothing newer than this machine's libc.
 * Returns the directory that is their `/`.
 */
export async function suitePackages(
  suite: 'bookworm' | 'trixie',
  name: string,
  packages: readonly string[],
): Promise<string> {
  const path = await cached(`${suite}-${name}-v1`, async (target) => {
    if (!(await exists(KEYRING))) {
      throw new SetupError(`${KEYRING} is missing`, 'install the package debian-archive-keyring');
    }
    const debs = join(target, 'debs');
    await mkdir(debs);
    const options = await ownAptState(join(target, 'apt'), suite);
    await runOk('apt-get', [...options, '-qq', 'update'], { timeout: 180_000 });
    await runOk('apt-get', [...options, '-qq', 'download', ...packages], { cwd: debs, timeout: 300_000 });
    for (const deb of await readdir(debs)) await runOk('dpkg', ['-x', join(debs, deb), join(target, 'root')]);
  });
  return join(path, 'root');
}

/** Options that make apt look at nothing of the machine's own. */
async function ownAptState(apt: string, suite: string): Promise<string[]> {
  for (const path of ['lists/partial', 'cache/archives/partial', 'sources']) {
    await mkdir(join(apt, path), { recursive: true });
  }
  const source = `deb [signed-by=${KEYRING}] ${await debianMirror()} ${suite} main\n`;
  await writeFile(join(apt, 'sources', `${suite}.list`), source);
  return [
    `-oDir::State::Lists=${join(apt, 'lists')}`,
    `-oDir::Cache=${join(apt, 'cache')}`,
    `-oDir::Etc::SourceList=/dev/null`,
    `-oDir::Etc::SourceParts=${join(apt, 'sources')}`,
    '-oAPT::Sandbox::User=root',
  ];
}
