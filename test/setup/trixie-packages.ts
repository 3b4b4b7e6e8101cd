import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOk } from '../support/run.ts';
import { debianMirror } from './debian-mirror.ts';
import { cached, exists } from './images/cache-dir.ts';
import { SetupError } from './step.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Unpacks packages of Debian trixie into the cache, without touching the machine's own packages: apt gets
 * lists, cache and sources of its own. Only for programs that need nothing newer than this machine's libc.
 */
export function trixiePackages(name: string, packages: readonly string[]): Promise<string> {
  return cached(`trixie-${name}-v1`, async (target) => {
    if (!(await exists(KEYRING))) {
      throw new SetupError(`${KEYRING} is missing`, 'install the package debian-archive-keyring');
    }
    const apt = join(target, 'apt');
    const debs = join(target, 'debs');
    for (const path of ['lists/partial', 'cache/archives/partial', 'sources']) {
      await mkdir(join(apt, path), { recursive: true });
    }
    await mkdir(debs);
    const source = `deb [signed-by=${KEYRING}] ${await debianMirror()} trixie main\n`;
    await writeFile(join(apt, 'sources', 'trixie.list'), source);
    const options = [
      `-oDir::State::Lists=${join(apt, 'lists')}`,
      `-oDir::Cache=${join(apt, 'cache')}`,
      `-oDir::Etc::SourceList=/dev/null`,
      `-oDir::Etc::SourceParts=${join(apt, 'sources')}`,
      '-oAPT::Sandbox::User=root',
    ];
    await runOk('apt-get', [...options, '-qq', 'update'], { timeout: 180_000 });
    await runOk('apt-get', [...options, '-qq', 'download', ...packages], { cwd: debs, timeout: 300_000 });
    for (const deb of await readdir(debs)) await runOk('dpkg', ['-x', join(debs, deb), join(target, 'root')]);
  });
}

/** The docker CLI of trixie (26.1), which runs as it is on older Debians. */
export async function trixieDockerCli(): Promise<string> {
  const program = join(await trixiePackages('docker-cli', ['docker-cli']), 'root', 'usr', 'bin', 'docker');
  await runOk(program, ['--version']);
  return program;
}

/** The docker CLI on PATH, else trixie's. */
export async function anyDockerCli(): Promise<string> {
  const own = await run('docker', ['--version']).catch(() => null);
  return own?.code === 0 ? 'docker' : trixieDockerCli();
}
