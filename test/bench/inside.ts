import { writeFile, mkdir } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { fromRoot } from '../setup/build.ts';
import { runCommandLine } from '../setup/step.ts';
import { startImageRegistry } from '../support/image-registry.ts';
import { runOk } from '../support/run.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { agentAtRest } from './at-rest.ts';
import { compare, report, type Comparison } from './compare.ts';
import { namesOfContainers } from './dns.ts';
import { startEngines, type Engine } from './engines.ts';
import { againstBareCrun, hasCrun, manyAtOnce, memoryPerContainer } from './containers.ts';
import { layerExplorer } from './layer-explorer.ts';
import { networksOfOurs } from './networks.ts';
import { throughput } from './throughput.ts';
import { logsAtFullSpeed, logsOf200Megabytes } from './logs.ts';
import { startAgent } from './start-agent.ts';

/** `--quick` leaves out the long ones: the 44,000 files and the minute at rest. */
const quick = process.argv.includes('--quick');
/** `--networks` measures nothing but those. */
const networksOnly = process.argv.includes('--networks');

await runCommandLine(async () => {
  const registry = await startImageRegistry(['busybox', 'bench-300mb', 'bench-44k', 'files-20k']);
  await using _ = registry;
  const comparisons = await withEngines(registry.host);
  const verdicts = [
    ...(await networksOfOurs()),
    ...(networksOnly ? [] : await containersOfOurs(`${registry.host}/busybox`)),
    ...(networksOnly ? [] : [await layerExplorer(`${registry.host}/files-20k`)]),
  ];
  if (!quick && !networksOnly) verdicts.push(await agentAtRest());
  const missed = [...comparisons.verdicts, ...verdicts].filter((holds) => !holds).length;
  await mkdir(fromRoot('test-output'), { recursive: true });
  await writeFile(fromRoot('test-output', 'bench.json'), JSON.stringify(comparisons.all, null, 2));
  console.log(missed === 0 ? '\nAll limits hold.' : `\n${missed} limits are missed.`);
  return missed === 0 ? 0 : 1;
});

async function withEngines(host: string): Promise<{ all: Comparison[]; verdicts: boolean[] }> {
  await using stack = new AsyncDisposableStack();
  const shared = stack.use(await makeTempDir('strata-bench-'));
  const engines = await startEngines(stack, shared.path, host);
  console.log(
    `\nLinux ${release()}, ${cpus().length} processors; one docker CLI for all, on each engine's socket`,
  );
  for (const { name, version } of engines) console.log(`  ${name} ${version}`);
  const all: Comparison[] = [];
  const verdicts: boolean[] = [];
  for (const comparison of await traffic(engines, host)) {
    all.push(comparison);
    verdicts.push(report(comparison));
  }
  if (networksOnly) return { all, verdicts };
  for (const measure of [
    runTrue,
    startMany,
    writeLogs,
    pullLarge,
    ...(quick ? [] : [writeAtFullSpeed, pullSmall]),
  ]) {
    const comparison = await measure(engines, host);
    all.push(comparison);
    verdicts.push(report(comparison));
  }
  return { all, verdicts };
}

async function traffic(engines: readonly Engine[], host: string): Promise<Comparison[]> {
  const peers = engines.filter(({ name }) => name !== 'Podman');
  for (const { docker } of peers) await docker.ok(['pull', '-q', `${host}/busybox`]);
  return throughput(peers, `${host}/busybox`);
}

async function runTrue(engines: readonly Engine[], host: string): Promise<Comparison> {
  for (const { docker } of engines) await docker.ok(['pull', '-q', `${host}/busybox`]);
  return compare(engines, {
    name: 'docker run --rm busybox true, bridge network',
    runs: 11,
    limits: { Docker: 0.4, Podman: 0.6 },
    work: ({ docker }) => docker.ok(['run', '--rm', `${host}/busybox`, 'true']),
  });
}

function startMany(engines: readonly Engine[], host: string): Promise<Comparison> {
  return manyAtOnce(
    engines.filter(({ name }) => name !== 'Podman'),
    `${host}/busybox`,
  );
}

function writeAtFullSpeed(engines: readonly Engine[], host: string): Promise<Comparison> {
  return logsAtFullSpeed(engines, `${host}/busybox`);
}

function writeLogs(engines: readonly Engine[], host: string): Promise<Comparison> {
  return logsOf200Megabytes(engines, `${host}/busybox`);
}

/** What only Strata is asked. */
async function containersOfOurs(image: string): Promise<boolean[]> {
  await using daemon = await startAgent();
  await daemon.docker.ok(['pull', '-q', image]);
  const holds = [await memoryPerContainer(daemon, image), await namesOfContainers(daemon, image)];
  if (await hasCrun()) holds.push(await againstBareCrun(daemon, image));
  return holds;
}

function pullLarge(engines: readonly Engine[], host: string): Promise<Comparison> {
  const what = '300 MB, 8 layers, 28 large files';
  return comparePull(engines, `${host}/bench-300mb`, what, { Docker: 0.8 });
}

/** For information: how an engine copes with many small files. */
function pullSmall(engines: readonly Engine[], host: string): Promise<Comparison> {
  return comparePull(engines, `${host}/bench-44k`, '300 MB, 8 layers, 44,000 small files', {});
}

function comparePull(
  engines: readonly Engine[],
  image: string,
  what: string,
  limits: Record<string, number>,
): Promise<Comparison> {
  return compare(engines, {
    name: `docker pull, ${what}`,
    runs: 5,
    limits,
    before: async ({ docker }) => {
      await docker(['rmi', '-f', image], { timeout: 120_000 });
      // What the engines before have written must not be paid by the next one.
      await runOk('sync', [], { timeout: 120_000 });
    },
    work: ({ docker }) => docker.ok(['pull', '-q', image], { timeout: 300_000 }),
  });
}
