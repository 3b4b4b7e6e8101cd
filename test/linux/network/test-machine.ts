import { randomBytes } from 'node:crypto';
import { run, runOk } from '../../support/run.ts';
import { sweep } from '../../support/sweep.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

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
  readonly hostAddress6: string;
  readonly outsideAddress6: string;
  /** A second one of the host in the same network. */
  readonly otherHostAddress: string;
}

const HOST_ADDRESS = '10.77.0.1';
const OTHER_HOST_ADDRESS = '10.77.0.3';
const OUTSIDE_ADDRESS = '10.77.0.2';
const HOST_ADDRESS_6 = 'fd77::1';
const OUTSIDE_ADDRESS_6 = 'fd77::2';

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
      `addr add ${OTHER_HOST_ADDRESS}/24 dev up0`,
      `addr add ${HOST_ADDRESS_6}/64 dev up0 nodad`,
      'link set up0 up',
    ]);
    await configure(outside, [
      'link set lo up',
      `addr add ${OUTSIDE_ADDRESS}/24 dev eth0`,
      `addr add ${OUTSIDE_ADDRESS_6}/64 dev eth0 nodad`,
      'link set eth0 up',
      `route add default via ${HOST_ADDRESS}`,
      `route add ::/0 via ${HOST_ADDRESS_6}`,
    ]);
    await configure(host, [
      `route add default via ${OUTSIDE_ADDRESS}`,
      `route add ::/0 via ${OUTSIDE_ADDRESS_6}`,
    ]);
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
    hostAddress6: HOST_ADDRESS_6,
    outsideAddress6: OUTSIDE_ADDRESS_6,
    otherHostAddress: OTHER_HOST_ADDRESS,
    [Symbol.asyncDispose]: dispose,
  };
}

async function configure(namespace: string, lines: readonly string[]): Promise<void> {
  await runOk('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

export async function runIn(namespace: string, program: string, ...args: string[]): Promise<string> {
  return runOk('nsenter', [`--net=${namespace}`, program, ...args], { timeout: 10_000 });
}
