import { callApi } from '../support/api-client.ts';
import { compare, type Comparison } from './compare.ts';
import type { Engine } from './engines.ts';

/** An engine with one of its log drivers. */
interface Logger extends Omit<Engine, 'name'> {
  readonly name: string;
  readonly driver: 'json-file' | 'none';
}

const BYTES = 200_000_000;
const LINE = '0'.repeat(99);
const PATIENCE = { timeout: 120_000 };

/** A container that writes 200 MB as programs do, through a buffer of its own, with its output kept and not kept. */
export const logsOf200Megabytes = (engines: readonly Engine[], image: string): Promise<Comparison> =>
  compareLogs(engines, image, {
    name: 'logs: 200 MB to stdout in lines of 100 bytes, from start to exit',
    script: `yes ${LINE} | head -c ${BYTES}`,
    runs: 5,
    limits: { Docker: 0.4, 'Strata none': 2, 'Docker none': 2 },
  });

/** A writer that costs nothing itself, so that all of the time is the engine's. The other driver of ours is for information. */
export const logsAtFullSpeed = (engines: readonly Engine[], image: string): Promise<Comparison> =>
  compareLogs(engines, image, {
    name: 'logs: the same 200 MB out of memory, as fast as they are taken',
    script: `yes ${LINE} | head -n 10000 > /dev/shm/megabyte; cat $(yes /dev/shm/megabyte | head -n 200)`,
    runs: 5,
    limits: { Docker: 0.4, 'Docker none': 2 },
  });

interface Writer {
  name: string;
  script: string;
  runs: number;
  limits: Record<string, number>;
}

function compareLogs(
  engines: readonly Engine[],
  image: string,
  { script, ...row }: Writer,
): Promise<Comparison> {
  return compare(
    engines.flatMap((engine) => loggersOf(engine)),
    {
      ...row,
      before: async ({ docker, driver }) => {
        await docker(['rm', '-f', 'writer'], PATIENCE);
        const options = ['--name', 'writer', '--network', 'none', '--log-driver', driver];
        await docker.ok(['create', ...options, image, 'sh', '-c', script]);
      },
      work: async ({ socket }) => {
        await callApi(socket, '/containers/writer/start', { method: 'POST' });
        await callApi(socket, '/containers/writer/wait', { method: 'POST', ...PATIENCE });
      },
      after: async (logger) => {
        if (logger.driver === 'json-file') await checkLog(logger, image, script);
        await logger.docker(['rm', '-f', 'writer'], PATIENCE);
      },
    },
  );
}

function loggersOf({ name, ...engine }: Engine): Logger[] {
  if (name === 'Podman') return [];
  return [
    { ...engine, name, driver: 'json-file' },
    { ...engine, name: `${name} none`, driver: 'none' },
  ];
}

/** Once more, and all of it has to be there: each line in a frame of its own with eight bytes before it. */
async function checkLog({ name, docker, socket }: Logger, image: string, script: string): Promise<void> {
  await docker(['rm', '-f', 'writer'], PATIENCE);
  await docker.ok(['run', '-d', '--name', 'writer', '--network', 'none', image, 'sh', '-c', script]);
  await callApi(socket, '/containers/writer/wait', { method: 'POST', ...PATIENCE });
  const { text } = await callApi(socket, '/containers/writer/logs?stdout=1', PATIENCE);
  const wanted = BYTES + (BYTES / 100) * 8;
  if (Buffer.byteLength(text) !== wanted)
    throw new Error(`${name} has lost output: its log has ${text.length} bytes and not ${wanted}`);
}
