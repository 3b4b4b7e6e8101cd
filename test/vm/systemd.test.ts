import assert from 'node:assert/strict';
import { connect } from '../../extension/connection/connect.ts';
import type { Connection } from '../../extension/connection/connection.ts';
import type { Prompts } from '../../extension/connection/prompts.ts';
import { fromRoot } from '../setup/build.ts';
import { callApi } from '../support/api-client.ts';
import { dockerCli, type DockerCli } from '../support/docker-cli.ts';
import { startImageRegistry } from '../support/image-registry.ts';
import { makeNewerParts } from '../support/newer-parts.ts';
import { startVm, type Vm } from '../support/start-vm.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

const MINUTE = 60_000;
const SLOW = { timeout: MINUTE };

/** A guest under emulation is slow, and its host key is new with every image. */
const prompts: Prompts = {
  secrets: { get: async () => undefined, store: async () => undefined, delete: async () => undefined },
  trustHostKey: async () => true,
  password: async () => undefined,
  passphrase: async () => undefined,
  keyboardInteractive: async () => undefined,
  installPackages: async () => false,
  progress: () => undefined,
};

describe('the agent as a systemd unit in a virtual machine with cgroup v2', function () {
  this.timeout(4 * MINUTE);
  let stack: AsyncDisposableStack;
  let vm: Vm;
  let connection: Connection;
  let docker: DockerCli;
  let image: string;
  /** Of the later release; the connection looks there again whenever it is made anew. */
  let newer: string;

  const join = async (partsDirectory: string): Promise<void> => {
    connection = await connect(
      {
        kind: 'ssh',
        id: 'ssh:vm',
        label: 'vm',
        host: vm.host,
        origin: 'settings',
        user: vm.user,
        port: vm.port,
        identityFile: vm.identityFile,
        configFile: '/dev/null',
      },
      prompts,
      { partsDirectory, times: { open: MINUTE } },
    );
    docker = dockerCli(connection.localSocket);
  };
  const initPid = (name: string): Promise<string> =>
    docker.ok(['inspect', '-f', '{{.State.Pid}}', name], SLOW);
  const status = (name: string): Promise<string> =>
    docker.ok(['inspect', '-f', '{{.State.Status}}', name], SLOW);
  const answers = (): Promise<unknown> =>
    waitFor('the agent answering', async () => (await docker(['version'], SLOW)).code === 0, {
      timeout: MINUTE,
      every: 500,
    });

  before(async () => {
    stack = new AsyncDisposableStack();
    newer = stack.use(await makeTempDir('strata-newer-')).path;
    const registry = stack.use(await startImageRegistry(['busybox']));
    vm = stack.use(await startVm());
    stack.use(await vm.lend(Number(registry.host.split(':')[1])));
    image = `${registry.host}/busybox:latest`;
    await join(fromRoot('dist', 'agent-parts'));
    stack.defer(() => connection[Symbol.asyncDispose]());
    await docker.ok(['pull', '-q', image], SLOW);
  });

  after(() => stack.disposeAsync());

  it('is installed over SSH as a unit that starts with the system', async () => {
    assert.equal((await vm.sh('systemctl is-active strata.service')).trim(), 'active');
    assert.equal((await vm.sh('systemctl is-enabled strata.service')).trim(), 'enabled');
    assert.equal(await docker.ok(['info', '-f', '{{.CgroupVersion}}'], SLOW), '2');
  });

  it('puts limits in force that the container sees in cgroup v2', async () => {
    const limits = ['--memory', '64m', '--memory-reservation', '32m', '--cpus', '0.5', '--pids-limit', '40'];
    const more = ['--cpu-shares', '512', '--cpuset-cpus', '0', '--blkio-weight', '300'];
    const files = ['memory.max', 'memory.low', 'cpu.max', 'pids.max', 'cpuset.cpus', 'cpu.weight'];
    const cat = `cd /sys/fs/cgroup && cat ${files.join(' ')}`;
    const said = await docker.ok(['run', '--rm', ...limits, ...more, image, 'sh', '-c', cat], SLOW);
    const [memory, low, cpu, pids, cpus, weight] = said.split('\n');
    assert.deepEqual([memory, low, cpu, pids, cpus], ['67108864', '33554432', '50000 100000', '40', '0']);
    assert.ok(Number(weight) > 1 && Number(weight) < 100, `cpu.weight of 512 shares is ${weight}`);
  });

  it('reports and kills a container that takes more memory than it may', async () => {
    const eat = 'dd if=/dev/zero of=/dev/null bs=100M count=1';
    const result = await docker(['run', '--name', 'eater', '-m', '24m', image, 'sh', '-c', eat], SLOW);
    assert.equal(result.code, 137);
    assert.equal(await docker.ok(['inspect', '-f', '{{.State.OOMKilled}}', 'eater'], SLOW), 'true');
    await docker.ok(['rm', 'eater'], SLOW);
  });

  it('pauses, updates and measures on cgroup v2', async () => {
    await docker.ok(['run', '-d', '--name', 'live', '-m', '64m', image, 'sleep', '10000'], SLOW);
    await docker.ok(['pause', 'live'], SLOW);
    assert.equal(await status('live'), 'paused');
    await docker.ok(['unpause', 'live'], SLOW);
    await docker.ok(['update', '-m', '128m', '--memory-swap', '256m', '--cpus', '1', 'live'], SLOW);
    const read = ['exec', 'live', 'cat', '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/cpu.max'];
    assert.equal(await docker.ok(read, SLOW), '134217728\n100000 100000');
    const stats = await docker.ok(
      ['stats', '--no-stream', '--format', '{{.MemUsage}} {{.PIDs}}', 'live'],
      SLOW,
    );
    assert.match(stats, /128MiB 1$/);
    await docker.ok(['rm', '-f', 'live'], SLOW);
  });

  it('leaves containers running, streams and health checks included, when the unit is stopped and started', async () => {
    const health = ['--health-cmd', 'true', '--health-interval', '2s'];
    const tick = 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 1; done';
    await docker.ok(['run', '-d', '--name', 'ticker', ...health, image, 'sh', '-c', tick], SLOW);
    const before = await initPid('ticker');
    await vm.sh('systemctl stop strata.service');
    assert.match(await vm.sh(`cat /proc/${before}/cmdline | tr '\\0' ' '`), /tick/);
    await vm.sh('systemctl start strata.service');
    await answers();
    assert.equal(await initPid('ticker'), before);
    await vm.sh('systemctl restart strata.service');
    await answers();
    assert.equal(await initPid('ticker'), before);
    await vm.sh('kill -9 $(systemctl show -p MainPID --value strata.service)');
    await answers();
    assert.equal(await initPid('ticker'), before);
    await waitFor(
      'the health check going on',
      async () =>
        (await docker.ok(['inspect', '-f', '{{.State.Health.Status}}', 'ticker'], SLOW)) === 'healthy',
      { timeout: MINUTE, every: 1000 },
    );
    const ticks = (await docker.ok(['logs', 'ticker'], SLOW))
      .split('\n')
      .map((line) => Number(line.slice(5)));
    assert.deepEqual(
      ticks,
      ticks.map((_, index) => index + 1),
      'no line is lost and none comes twice',
    );
    assert.match(await docker.ok(['exec', 'ticker', 'echo', 'still here'], SLOW), /still here/);
  });

  it('restarts what its policy says across a restart of the unit', async () => {
    await docker.ok(
      ['run', '-d', '--name', 'crasher', '--restart', 'on-failure', image, 'sh', '-c', 'sleep 3; exit 1'],
      SLOW,
    );
    await vm.sh('systemctl restart strata.service');
    await answers();
    await waitFor(
      'the restart',
      async () => Number(await docker.ok(['inspect', '-f', '{{.RestartCount}}', 'crasher'], SLOW)) > 0,
      { timeout: MINUTE, every: 1000 },
    );
    await docker.ok(['rm', '-f', 'crasher'], SLOW);
  });

  it('is replaced by a newer one while containers run on', async () => {
    const { parts } = await makeNewerParts(newer);
    const before = await initPid('ticker');
    const bundles = await vm.sh('ls /opt/strata');
    await connection[Symbol.asyncDispose]();
    await join(parts);
    assert.notEqual(await vm.sh('ls /opt/strata'), bundles);
    assert.equal(await initPid('ticker'), before);
    assert.match(await docker.ok(['logs', '--tail', '1', 'ticker'], SLOW), /^tick \d+$/);
  });

  it('maps the ids of a container with a user namespace of its own', async () => {
    // The docker CLI knows no other word than host for --userns.
    const body = { Image: image, Cmd: ['sleep', '10000'], HostConfig: { UsernsMode: 'private' } };
    const call = { method: 'POST', body, timeout: MINUTE };
    const made = await callApi(connection.localSocket, '/containers/create?name=mapped', call);
    assert.equal(made.status, 201, made.text);
    await docker.ok(['start', 'mapped'], SLOW);
    const uid = (await vm.sh(`awk '/^Uid/ {print $2}' /proc/${await initPid('mapped')}/status`)).trim();
    assert.ok(Number(uid) >= 65_536, `root of the container is ${uid} on the host`);
    assert.equal(await docker.ok(['exec', 'mapped', 'stat', '-c', '%u', '/bin/busybox'], SLOW), '0');
    await docker.ok(['rm', '-f', 'mapped'], SLOW);
  });

  it('brings back after a reboot what should come back, and nothing else', async () => {
    const start = (name: string, policy: string) =>
      docker.ok(['run', '-d', '--name', name, '--restart', policy, image, 'sleep', '10000'], SLOW);
    await start('always', 'always');
    await start('kept', 'unless-stopped');
    await start('stopped', 'unless-stopped');
    await start('never', 'no');
    await docker.ok(['stop', '-t', '0', 'stopped'], SLOW);
    await vm.reboot();
    await answers();
    for (const name of ['always', 'kept'])
      await waitFor(`${name} running`, async () => (await status(name)) === 'running', {
        timeout: MINUTE,
        every: 1000,
      });
    for (const name of ['stopped', 'never', 'ticker']) assert.equal(await status(name), 'exited');
    assert.match(await docker.ok(['exec', 'always', 'hostname'], SLOW), /^[0-9a-f]{12}$/);
    assert.equal((await docker(['start', 'ticker'], SLOW)).code, 0);
  });

  it('leaves nothing behind when all containers are removed', async () => {
    const ids = (await docker.ok(['ps', '-aq'], SLOW)).split('\n');
    await docker.ok(['rm', '-f', ...ids], { timeout: 2 * MINUTE });
    await waitFor('conmon gone', async () => (await vm.sh('pgrep -c conmon || true')).trim() === '0', {
      timeout: MINUTE,
      every: 1000,
    });
    assert.equal((await vm.sh('ls /sys/fs/cgroup/strata | grep -cE "^[0-9a-f]{64}$" || true')).trim(), '0');
    assert.equal((await vm.sh('grep -c overlay /proc/mounts || true')).trim(), '0');
    assert.equal((await vm.sh('ls /run/strata/netns | wc -l')).trim(), '0');
  });
});
