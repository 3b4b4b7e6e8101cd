import { connect } from '../../extension/connection/connect.ts';
import type { Connection } from '../../extension/connection/connection.ts';
import { mountsBelow } from '../support/sweep.ts';
import { startImageRegistry } from '../support/image-registry.ts';
import { startSshd, type Sshd } from '../support/start-sshd.ts';
import { makeTempInstance, type TempInstance } from '../support/temp-instance.ts';
import { fromRoot } from './build.ts';
import { terminalPrompts } from './headless-prompts.ts';
import { showContainer, pullImage, removeContainer, runContainer, showLayers } from './headless-steps.ts';
import { done, SetupError, step, stepsEndWith } from './step.ts';

/** The main job of the extension, over SSH and without an editor: every step is the same code. */
export async function headless(): Promise<number> {
  const started = performance.now();
  const stop = endOnSignal();
  await using registry = await step('registry', async () => {
    const value = await startImageRegistry(['demo']);
    return done(value, `docker-registry at ${value.host} has demo:latest, five layers`);
  });
  await using sshd = await step('sshd', async () => {
    const value = await startSshd();
    return done(
      value,
      `OpenSSH at ${value.host}:${value.port}, throw-away keys, host key ${value.fingerprint}`,
    );
  });
  await using machine = await makeTempInstance();
  {
    await using connection = await step('connect', () => connectOverSsh(sshd, machine, stop));
    const { localSocket } = connection;
    const image = await pullImage(localSocket, `${registry.host}/demo:latest`);
    await showLayers(localSocket, image);
    const container = await runContainer(localSocket, image);
    await showContainer(localSocket, connection, container);
    await removeContainer(localSocket, container, image);
  }
  await step('all gone', () => allGone(machine));
  console.log(`\nThe whole line in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return 0;
}

async function connectOverSsh(sshd: Sshd, { instance }: TempInstance, signal: AbortSignal) {
  const { prompts, did } = terminalPrompts(sshd.fingerprint);
  const value: Connection = await connect(
    {
      kind: 'ssh',
      id: 'ssh:loopback',
      label: 'loopback',
      host: sshd.host,
      origin: 'settings',
      user: sshd.user,
      port: sshd.port,
      identityFile: sshd.identityFile,
      configFile: sshd.configFile,
    },
    prompts,
    { partsDirectory: fromRoot('dist', 'agent-parts'), instance, signal },
  );
  return done(value, `${value.state} as ${sshd.user}; ${did()}`);
}

/** Ends the agent and looks at the kernel: nothing of all this may be left. */
async function allGone(machine: TempInstance): Promise<string> {
  const mounts = await mountsBelow(machine.root);
  const left = [...mounts.map((path) => `mount ${path}`), ...(await machine.dispose())];
  if (left.length > 0)
    throw new SetupError(
      `something is left behind: ${left.join(', ')}`,
      'this is a defect: please report it',
    );
  return 'agent ended, no process, no mount, no file is left';
}

/** Ctrl-C, or an error that nobody caught, ends the step under way as a failure; clean-up follows. */
function endOnSignal(): AbortSignal {
  const controller = new AbortController();
  stepsEndWith(controller.signal);
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new SetupError(`ended by ${name}`, 'all is cleaned up')));
  }
  process.on('uncaughtException', (error) => controller.abort(error));
  return controller.signal;
}
