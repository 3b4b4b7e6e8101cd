import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instance } from '../../extension/connection/bootstrap/instance.ts';
import { sweep } from './sweep.ts';
import { makeTempDir } from './temp-dir.ts';
import { waitFor } from './wait-for.ts';

export interface TempInstance extends AsyncDisposable {
  readonly root: string;
  readonly instance: Instance;
  /** Ends the agent and takes away what is left. Returns what was left besides the agent itself. */
  dispose(): Promise<string[]>;
}

/** An agent's place on a host that touches nothing of an agent that the machine may already have. */
export async function makeTempInstance(
  override: (root: string) => Partial<Instance> = () => ({}),
): Promise<TempInstance> {
  const dir = await makeTempDir('strata-i-');
  const at = (...parts: string[]) => join(dir.path, ...parts);
  const instance: Instance = {
    socket: at('s.sock'),
    dataRoot: at('data'),
    runRoot: at('run'),
    pidfile: at('pid'),
    log: at('log'),
    prefix: at('opt'),
    unit: undefined,
    group: undefined,
    uploads: at('uploads'),
    serveArguments: [],
    ...override(dir.path),
  };
  const dispose = async () => {
    await endAgent(instance);
    const ids = await readdir(join(instance.dataRoot, 'containers')).catch(() => []);
    const left = await sweep(dir.path, ids);
    await dir[Symbol.asyncDispose]();
    return left;
  };
  return {
    root: dir.path,
    instance,
    dispose,
    [Symbol.asyncDispose]: async () => {
      await dispose();
    },
  };
}

async function endAgent({ pidfile, prefix }: Instance): Promise<void> {
  const pid = Number(await readFile(pidfile, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const commandLine = () => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!(await commandLine()).includes(prefix)) return;
  process.kill(pid, 'SIGTERM');
  await waitFor('end of the agent', async () => (await commandLine()) === '', { timeout: 8_000 }).catch(
    () => undefined,
  );
}
