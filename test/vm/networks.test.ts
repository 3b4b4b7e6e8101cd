import assert from 'node:assert/strict';
import { connect } from '../../extension/connection/connect.ts';
import type { Prompts } from '../../extension/connection/prompts.ts';
import { fromRoot } from '../setup/build.ts';
import { dockerCli, type DockerCli } from '../support/docker-cli.ts';
import { startImageRegistry } from '../support/image-registry.ts';
import { startVm, type Vm } from '../support/start-vm.ts';

const MINUTE = 60_000;
const SLOW = { timeout: MINUTE };

const prompts: Prompts = {
  secrets: { get: async () => undefined, store: async () => undefined, delete: async () => undefined },
  trustHostKey: async () => true,
  password: async () => undefined,
  passphrase: async () => undefined,
  keyboardInteractive: async () => undefined,
  installPackages: async () => false,
  progress: () => undefined,
};

describe('macvlan and ipvlan on a kernel that has all of them', function () {
  this.timeout(4 * MINUTE);
  let stack: AsyncDisposableStack;
  let vm: Vm;
  let docker: DockerCli;
  let image: string;

  before(async () => {
    stack = new AsyncDisposableStack();
    const registry = stack.use(await startImageRegistry(['busybox']));
    vm = stack.use(await startVm());
    stack.use(await vm.lend(Number(registry.host.split(':')[1])));
    image = `${registry.host}/busybox:latest`;
    const target = {
      kind: 'ssh',
      id: 'ssh:vm',
      label: 'vm',
      host: vm.host,
      origin: 'settings',
      user: vm.user,
      port: vm.port,
      identityFile: vm.identityFile,
      configFile: '/dev/null',
    } as const;
    const options = { partsDirectory: fromRoot('dist', 'agent-parts'), times: { open: MINUTE } };
    const connection = stack.use(await connect(target, prompts, options));
    docker = dockerCli(connection.localSocket);
    await docker.ok(['pull', '-q', image], SLOW);
  });
  after(() => stack.disposeAsync());
  afterEach(async () => {
    const ids = (await docker.ok(['ps', '-aq'], SLOW)).split('\n').filter(Boolean);
    if (ids.length > 0) await docker.ok(['rm', '-f', ...ids], SLOW);
    await docker.ok(['network', 'prune', '-f'], SLOW);
  });

  /** Two containers of a network that find one another, by name too. */
  async function pair(...options: string[]): Promise<void> {
    await docker.ok(['network', 'create', ...options, 'lan'], SLOW);
    for (const name of ['one', 'two']) {
      const sleep = ['run', '-d', '--name', name, '--network', 'lan', image, 'sleep', '10000'];
      await docker.ok(sleep, SLOW);
    }
    await docker.ok(['exec', 'one', 'ping', '-c1', '-W5', 'two'], SLOW);
  }
  const links = () => vm.sh('ip -d -o link');
  const inside = (name: string, ...command: string[]) => docker.ok(['exec', name, ...command], SLOW);

  it('makes an ipvlan of layer 2, whose containers share the parent’s MAC address', async () => {
    await pair('-d', 'ipvlan', '--subnet', '10.0.2.0/24', '--ip-range', '10.0.2.64/26', '-o', 'parent=eth0');
    const mac = (await vm.sh('cat /sys/class/net/eth0/address')).trim();
    assert.match(await inside('one', 'ip', 'link', 'show', 'eth0'), new RegExp(mac));
    const twin = await docker(['network', 'create', '-d', 'macvlan', '-o', 'parent=eth0', 'twin'], SLOW);
    assert.match(twin.stderr, /network lan is already using parent interface eth0/);
  });

  it('makes an ipvlan of layer 3, which has no neighbours to ask for its way out', async () => {
    await pair('-d', 'ipvlan', '--subnet', '10.9.0.0/24', '-o', 'parent=eth0', '-o', 'ipvlan_mode=l3');
    assert.match(await inside('one', 'ip', 'route'), /^default dev eth0/m);
  });

  it('makes the VLAN that a parent names, and takes it away with the network', async () => {
    await pair('-d', 'macvlan', '--subnet', '10.9.0.0/24', '-o', 'parent=eth0.50');
    assert.match(await links(), /eth0\.50@eth0.* vlan protocol 802\.1Q id 50 /);
    await docker.ok(['rm', '-f', 'one', 'two'], SLOW);
    await docker.ok(['network', 'rm', 'lan'], SLOW);
    assert.doesNotMatch(await links(), /eth0\.50/);
  });

  for (const driver of ['macvlan', 'ipvlan']) {
    it(`keeps the containers of a ${driver} without a parent among themselves, on a dummy`, async () => {
      await pair('-d', driver, '--subnet', '10.9.0.0/24');
      assert.match(await links(), /dm-[0-9a-f]{12}:.* dummy /);
      await docker.ok(['rm', '-f', 'one', 'two'], SLOW);
      await docker.ok(['network', 'rm', 'lan'], SLOW);
      assert.doesNotMatch(await links(), /dm-/);
    });
  }

  it('makes a VLAN again that is gone, as after a reboot', async () => {
    await docker.ok(
      ['network', 'create', '-d', 'macvlan', '--subnet', '10.9.0.0/24', '-o', 'parent=eth0.50', 'lan'],
      SLOW,
    );
    await vm.sh('ip link delete eth0.50');
    await docker.ok(['run', '--rm', '--network', 'lan', image, 'true'], SLOW);
    assert.match(await links(), /eth0\.50@eth0/);
  });
});
