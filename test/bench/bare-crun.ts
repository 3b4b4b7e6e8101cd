import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runOk } from '../support/run.ts';
import type { Daemon } from '../support/start-daemon.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** The floor: what the OCI runtime alone takes for the same bundle, without a monitor, an engine or an API. */
export interface BareCrun extends AsyncDisposable {
  /** A container of the engine that stays, for execs. */
  containerId: string;
  run: () => Promise<unknown>;
  exec: () => Promise<unknown>;
}

const specSchema = z.looseObject({
  process: z.looseObject({ args: z.array(z.string()) }),
  linux: z.looseObject({
    cgroupsPath: z.string(),
    namespaces: z.array(z.looseObject({ type: z.string() })),
  }),
});

/** Takes the bundle of a container of the engine, whose root file system stays mounted meanwhile. */
export async function bareCrun(daemon: Daemon, image: string): Promise<BareCrun> {
  const { docker, runRoot } = daemon;
  const containerId = await docker.ok(['run', '-d', '--network', 'none', image, 'sleep', '100000']);
  const dir = await makeTempDir('strata-crun-');
  const bundle = join(dir.path, 'bundle');
  const state = join(dir.path, 'state');
  await mkdir(bundle);
  const config = join(runRoot, 'containers', containerId, 'bundle', 'config.json');
  await writeFile(join(bundle, 'config.json'), await trueSpec(config));
  const engineState = join(runRoot, 'runtime');
  let count = 0;
  return {
    containerId,
    run: () => {
      count += 1;
      return runOk('crun', ['--root', state, 'run', '--bundle', bundle, `bare-${count}`]);
    },
    exec: () => runOk('crun', ['--root', engineState, 'exec', containerId, 'true']),
    [Symbol.asyncDispose]: async () => {
      await docker(['rm', '-f', containerId]);
      await dir[Symbol.asyncDispose]();
    },
  };
}

/** The same specification with another program, cgroup and an empty network of crun's own making. */
async function trueSpec(config: string): Promise<string> {
  const spec = specSchema.parse(JSON.parse(await readFile(config, 'utf8')));
  spec.process.args = ['true'];
  spec.linux.cgroupsPath = `${spec.linux.cgroupsPath}-bare`;
  spec.linux.namespaces = spec.linux.namespaces.map(({ type }) => ({ type }));
  return JSON.stringify(spec);
}
