import { run } from '../support/run.ts';
import { build, fromRoot, ROOT } from './build.ts';
import {
  ensureDebianPackages,
  ENGINE_PACKAGES,
  REGISTRY_PACKAGES,
  SSH_PACKAGES,
  TEST_PACKAGES,
} from './debian-packages.ts';
import { ensureCodeServer } from './code-server.ts';
import { ensureImage, type TestImage } from './images/ensure-image.ts';
import { lint } from './lint-steps.ts';
import { mochaGroup } from './mocha-group.ts';
import { runCommandLine, SetupError, step } from './step.ts';
import { ensureVmImage } from './vm-image.ts';
import { add, type Tally } from './tally.ts';
import { anyDockerCli, trixieDockerCli } from './docker-clients.ts';

const MINUTE = 60_000;
const IMAGES: TestImage[] = ['busybox', 'demo', 'debian', 'nginx', 'node', 'files-20k'];

/** Software emulation takes minutes and keeps both processors busy: `npm test -- vm`. */
const ON_REQUEST: ReadonlySet<string> = new Set(['vm']);

type Groups = Record<string, () => Promise<Tally>>;

await runCommandLine(async () => {
  const started = performance.now();
  const wanted = process.argv.slice(2);
  const docker = await setUp(wanted);
  const groups = testGroups(docker);
  const unknown = wanted.filter((name) => groups[name] === undefined);
  if (unknown.length > 0) {
    throw new SetupError(
      `unknown groups: ${unknown.join(' ')}`,
      `npm test -- ${Object.keys(groups).join(' ')}`,
    );
  }
  let total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, runGroup] of Object.entries(groups)) {
    if (wanted.includes(name) || (wanted.length === 0 && !ON_REQUEST.has(name)))
      total = add(total, await runGroup());
  }
  const minutes = ((performance.now() - started) / MINUTE).toFixed(1);
  if (total.skipped > 0) console.log(`\n${total.skipped} skipped: each says above what this machine lacks`);
  console.log(`\n${minutes} minutes`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
});

/** Everything that the tests need and that this machine lacks. Returns the docker CLI. */
async function setUp(wanted: readonly string[]): Promise<string> {
  if (process.getuid?.() !== 0) {
    throw new SetupError('the tests make namespaces, mounts and rules', 'run them as root: sudo npm test');
  }
  const packages = [...ENGINE_PACKAGES, ...REGISTRY_PACKAGES, ...SSH_PACKAGES, ...TEST_PACKAGES];
  await step('Debian packages', async () => {
    const installed = await ensureDebianPackages(packages);
    return installed.length === 0 ? 'all there' : `installed ${installed.join(' ')}`;
  });
  const docker = await step('docker CLI', async () => {
    const value = await anyDockerCli();
    const { stdout } = await run(value, ['--version']);
    return { value, said: stdout.trim() };
  });
  await step('build', async () => ((await build({ packaged: true })) ? 'built' : 'up to date'));
  for (const image of IMAGES) await step(`image ${image}`, () => ensureImage(image));
  if (wanted.includes('vm')) {
    await step('virtual machine', async () => `Debian trixie, ${(await ensureVmImage()).disk}`);
  }
  if (wanted.length === 0 || wanted.includes('e2e')) {
    await step('code-server', async () => {
      const { version, fromCache } = await ensureCodeServer();
      return `${version} ${fromCache ? 'from the cache' : 'built'}`;
    });
  }
  return docker;
}

/** From the quickest to the slowest, so that a slip is seen early. */
function testGroups(docker: string): Groups {
  const env = { STRATA_TEST_DOCKER: docker };
  return {
    lint: async () => {
      console.log('\n── lint');
      return lint();
    },
    unit: () =>
      mochaGroup('unit', ['test/backend/**/*.test.ts', 'test/extension/**/*.test.ts'], {
        timeout: 5 * MINUTE,
      }),
    linux: () => mochaGroup('linux', ['test/linux/**/*.test.ts'], { timeout: 8 * MINUTE }),
    api: () => mochaGroup('api', ['test/api/**/*.test.ts'], { env, timeout: 14 * MINUTE }),
    'api-26.1': async () => {
      const older = { STRATA_TEST_DOCKER: await trixieDockerCli() };
      const files = ['test/api/run.test.ts', 'test/api/images.test.ts'];
      return mochaGroup('api with docker CLI 26.1', files, { env: older, timeout: 3 * MINUTE });
    },
    headless,
    vm: () => mochaGroup('vm', ['test/vm/**/*.test.ts'], { env, timeout: 12 * MINUTE }),
    e2e: () => mochaGroup('e2e', ['test/e2e/**/*.test.ts'], { env, timeout: 6 * MINUTE }),
  };
}

/** The newcomer's own check, as one test. */
async function headless(): Promise<Tally> {
  console.log('\n── headless');
  const { code, stdout, stderr } = await run(
    'node',
    [fromRoot('test/setup/bootstrap.mjs'), 'start', '--headless'],
    {
      cwd: ROOT,
      timeout: 3 * MINUTE,
    },
  );
  console.log(`${stdout}${stderr}`.trimEnd());
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}
