import { ensureAgent, stopAgent } from './agent.ts';
import { build } from './build.ts';
import { ensureDemoImage } from './demo-image.ts';
import { ENGINE_PACKAGES, ensureDebianPackages, REGISTRY_PACKAGES, SSH_PACKAGES } from './debian-packages.ts';
import { closeEditor, openEditor } from './editor.ts';
import { headless } from './headless.ts';
import { runCommandLine, SetupError, step } from './step.ts';

const usage = 'npm start, npm start -- --headless, or npm start -- --stop';

await runCommandLine(async () => {
  const [option, ...rest] = process.argv.slice(2);
  if (rest.length > 0) throw new SetupError(`unknown arguments: ${rest.join(' ')}`, usage);
  if (option === undefined) return start();
  if (option === '--headless') return startHeadless();
  if (option === '--stop') return stop();
  throw new SetupError(`unknown option: ${option}`, usage);
});

/** The newcomer's command: everything that is missing, then the editor. */
async function start(): Promise<number> {
  await step('Debian packages', () => packages([...ENGINE_PACKAGES, ...REGISTRY_PACKAGES]));
  await step('build', () => built());
  const socket = await step('stratad', ensureAgent);
  await step('images', () => ensureDemoImage(socket));
  await openEditor();
  console.log(`\nIn a terminal: DOCKER_HOST=unix://${socket} docker ps`);
  console.log('To stop the engine and the editor: npm start -- --stop');
  return 0;
}

/** The main job without an editor. */
async function startHeadless(): Promise<number> {
  await step('Debian packages', () => packages([...ENGINE_PACKAGES, ...REGISTRY_PACKAGES, ...SSH_PACKAGES]));
  await step('build', () => built());
  return headless();
}

async function stop(): Promise<number> {
  await step('editor', closeEditor);
  await step('stratad', stopAgent);
  return 0;
}

async function packages(names: readonly string[]): Promise<string> {
  const installed = await ensureDebianPackages(names);
  return installed.length === 0 ? 'all there' : `installed ${installed.join(' ')}`;
}

async function built(): Promise<string> {
  return (await build({ packaged: true })) ? 'extension and agent built' : 'up to date';
}
