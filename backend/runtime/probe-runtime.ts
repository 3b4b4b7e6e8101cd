import { unavailable } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { tryCommand } from '../linux/run-command.ts';

export interface LowLevelRuntime {
  name: 'crun' | 'runc';
  version: string;
  /** Absolute path: conmon does not search PATH. */
  path: string;
}

export interface Monitor {
  path: string;
  version: string;
}

const SEARCH = [
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
  '/usr/libexec/podman',
];

/**
 * The runtimes that run here, in order of preference. `list` is asked because a runtime may be installed and still stop at once
 * (hybrid cgroups, a missing library), which `--version` does not show.
 * @throws unavailable with what each of them said, when there is none
 */
export async function probeRuntimes(
  names: readonly LowLevelRuntime['name'][],
  logger: Logger,
  stateRoot: string,
): Promise<[LowLevelRuntime, ...LowLevelRuntime[]]> {
  const said: string[] = [];
  const found = await Promise.all(names.map((name) => probeOne(name, { logger, stateRoot, said })));
  const [first, ...others] = found.filter((runtime) => runtime !== null);
  if (first) return [first, ...others];
  throw unavailable(
    `no OCI runtime works here: install ${names.join(' or ')}${said.length > 0 ? `; ${said.join('; ')}` : ''}`,
  );
}

async function probeOne(
  name: LowLevelRuntime['name'],
  { logger, stateRoot, said }: { logger: Logger; stateRoot: string; said: string[] },
): Promise<LowLevelRuntime | null> {
  for (const path of SEARCH.map((directory) => `${directory}/${name}`)) {
    const version = await versionOf(path);
    if (version === null) continue;
    const trial = await tryCommand(path, ['--root', stateRoot, 'list'], { timeout: 10_000 });
    if (trial.code === 0) return { name, version, path };
    said.push(`${path}: ${trial.stderr.trim()}`);
    logger.warn({ path, stderr: trial.stderr.trim() }, 'an installed runtime does not work');
  }
  return null;
}

/** @throws unavailable when conmon is not installed. */
export async function probeMonitor(): Promise<Monitor> {
  for (const path of SEARCH.map((directory) => `${directory}/conmon`)) {
    const version = await versionOf(path);
    if (version !== null) return { path, version };
  }
  throw unavailable('conmon is not installed: install the package conmon');
}

/** The version out of `crun version 1.8.1`, `runc version 1.1.5`, `conmon version 2.1.6`; null when it does not run. */
async function versionOf(path: string): Promise<string | null> {
  try {
    const { code, stdout } = await tryCommand(path, ['--version'], { timeout: 10_000 });
    return code === 0 ? (/version (\S+)/.exec(stdout)?.[1] ?? 'unknown') : null;
  } catch {
    return null;
  }
}
