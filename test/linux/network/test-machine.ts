import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { run, runOk } from '../../support/run.ts';
import { startProcess, type BackgroundProcess } from '../../support/start-process.ts';
import { sweep } from '../../support/sweep.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

/**
 * A machine made of network namespaces: `host`, where daemons run, and `outside`, another machine in its
 * network that would route to any container. The real machine's bridges, rules and settings are not touched.
 */
export interface TestMachine extends AsyncDisposable {
  readonly directory: string;
  readonly host: string;
  readonly outside: string;
  readonly hostAddress: string;
  readonly outsideAddress: string;
}

const HOST_ADDRESS = '10.77.0.1';
const OUTSIDE_ADDRESS = '10.77.0.2';

export async function makeTestMachine(): Promise<TestMachine> {
  const temp = await makeTempDir('strata-net-');
  const name = `net-test-${randomBytes(4).toString('hex')}`;
  const [host, outside] = [`${name}-h`, `${name}-o`];
  const dispose = async (): Promise<void> => {
    await sweep(temp.path, []);
    for (const namespace of [host, outside]) await run('ip', ['netns', 'delete', namespace]);
    await temp[Symbol.asyncDispose]();
  };
  try {
    await runOk('ip', ['-batch', '-'], {
      input: `netns add ${host}\nnetns add ${outside}\n`,
    });
    await configure(host, [
      'link set lo up',
      `link add up0 type veth peer name eth0 netns ${outside}`,
      `addr add ${HOST_ADDRESS}/24 dev up0`,
      'link set up0 up',
    ]);
    await configure(outside, [
      'link set lo up',
      `addr add ${OUTSIDE_ADDRESS}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${HOST_ADDRESS}`,
    ]);
    await configure(host, [`route add default via ${OUTSIDE_ADDRESS}`]);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    directory: temp.path,
    host: `/run/netns/${host}`,
    outside: `/run/netns/${outside}`,
    hostAddress: HOST_ADDRESS,
    outsideAddress: OUTSIDE_ADDRESS,
    [Symbol.asyncDispose]: dispose,
  };
}

async function configure(namespace: string, lines: readonly string[]): Promise<void> {
  await runOk('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

export async function runIn(namespace: string, program: string, ...args: string[]): Promise<string> {
  return runOk('nsenter', [`--net=${namespace}`, program, ...args], { timeout: 10_000 });
}

const script = (name: string): string => join(import.meta.dirname, name);

/** A server on a port, TCP and UDP, that answers `name:<address of who asked>:<what was asked>`. */
export async function serveIn(namespace: string, name: string, port: number): Promise<BackgroundProcess> {
  const args = [`--net=${namespace}`, process.execPath, script('echo-server.ts'), name, String(port)];
  const server = await startProcess('nsenter', args);
  await waitFor(`server ${name}`, () => server.output().includes('ready'));
  return server;
}

/** What the server answers to somebody in this namespace; null where nobody answers. */
export async function askFrom(
  namespace: string,
  protocol: 'tcp' | 'udp',
  host: string,
  port: number,
  patience = 2_000,
): Promise<string | null> {
  const args = [process.execPath, script('ask-server.ts'), protocol, host, String(port), String(patience)];
  const { code, stdout } = await run('nsenter', [`--net=${namespace}`, ...args], {
    timeout: patience + 5_000,
  });
  return code === 0 ? stdout : null;
}
