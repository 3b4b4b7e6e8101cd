import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { effectiveConfig, parseSshG } from '../../../extension/machines/effective-config.ts';
import type { SshMachine } from '../../../extension/machines/machine.ts';
import { listMachines } from '../../../extension/machines/machines.ts';
import { sshConfigHosts } from '../../../extension/machines/ssh-config-hosts.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

describe('the ssh configuration', () => {
  let home: TempDir;
  let file: string;

  beforeEach(async () => {
    home = await makeTempDir();
    await mkdir(join(home.path, '.ssh', 'more.d'), { recursive: true });
    file = join(home.path, '.ssh', 'config');
  });

  afterEach(async () => {
    await home[Symbol.asyncDispose]();
  });

  const machineAt = (host: string, more: Partial<SshMachine> = {}): SshMachine => ({
    kind: 'ssh',
    id: `ssh:${host}`,
    label: host,
    host,
    origin: 'ssh-config',
    configFile: file,
    ...more,
  });

  it('lists the hosts that are named one by one, included files too', async () => {
    await writeFile(
      file,
      'Include more.d/*\nHost alpha beta\n  User me\nHost *.example.org !bad gamma?\nMatch host x\nHost delta\n',
    );
    await writeFile(join(home.path, '.ssh', 'more.d', 'one'), 'Host epsilon\n  Include config\n');
    const hosts = await sshConfigHosts(file, home.path);
    assert.deepEqual(
      hosts.map(({ host }) => host),
      ['epsilon', 'alpha', 'beta', 'delta'],
    );
    assert.equal(hosts[0]?.configFile, undefined);
  });

  it('ends although files include each other', async () => {
    await writeFile(file, `Include ${file}\nHost loop\n`);
    assert.deepEqual(
      (await sshConfigHosts(file, home.path)).map(({ host }) => host),
      ['loop'],
    );
  });

  it('has no hosts where there is no file', async () => {
    assert.deepEqual(await sshConfigHosts(join(home.path, 'none'), home.path), []);
  });

  it('lists settings before configuration, each name once', async () => {
    await writeFile(file, 'Host lab other\n');
    const { machines } = await listMachines([{ name: 'lab', host: '10.0.0.7' }], home.path);
    const ssh = machines.filter((machine) => machine.kind === 'ssh');
    assert.deepEqual(
      ssh.map(({ label, origin }) => [label, origin]),
      [
        ['lab', 'settings'],
        ['other', 'ssh-config'],
      ],
    );
  });

  it('gives the effective values of a host', async () => {
    await writeFile(
      file,
      `Host lab
  HostName 10.0.0.7
  User ada
  Port 2200
  IdentityFile /keys/%h
  IdentitiesOnly yes
  IdentityAgent none
  StrictHostKeyChecking accept-new
  UserKnownHostsFile /kh/one /kh/two
  ProxyJump gate,me@second:23
  ConnectTimeout 7
  PasswordAuthentication no
`,
    );
    const target = await effectiveConfig(machineAt('lab'));
    assert.equal(`${target.user}@${target.hostName}:${target.port}`, 'ada@10.0.0.7:2200');
    assert.deepEqual(target.identityFiles, ['/keys/10.0.0.7']);
    assert.equal(target.identitiesOnly, true);
    assert.equal(target.agentSocket, undefined);
    assert.equal(target.unknownHostKey, 'accept');
    assert.deepEqual(target.userKnownHosts, ['/kh/one', '/kh/two']);
    assert.deepEqual(target.proxyJump, ['gate', 'me@second:23']);
    assert.equal(target.connectTimeoutMs, 7000);
    assert.ok(!target.methods.has('password') && target.methods.has('publickey'));
  });

  it('expands the tokens of a proxy command', async () => {
    await writeFile(
      file,
      'Host lab\n  HostName 10.0.0.7\n  Port 2200\n  User ada\n  ProxyCommand relay %h %p %r 100%%\n',
    );
    assert.equal((await effectiveConfig(machineAt('lab'))).proxyCommand, 'relay 10.0.0.7 2200 ada 100%');
  });

  it('lets what the machine says win over the file', async () => {
    await writeFile(file, 'Host lab\n  User ada\n  Port 2200\n  IdentityFile /keys/a\n');
    const target = await effectiveConfig(
      machineAt('lab', { user: 'bob', port: 2300, identityFile: '/keys/b' }),
    );
    assert.equal(`${target.user}:${target.port}`, 'bob:2300');
    assert.deepEqual(target.identityFiles, ['/keys/b', '/keys/a']);
  });

  it('says that ssh cannot read its own file', async () => {
    await writeFile(file, 'NoSuchOption yes\n');
    await assert.rejects(
      effectiveConfig(machineAt('lab')),
      /ssh cannot read its configuration: .*NoSuchOption|bad configuration/i,
    );
  });

  it('reads the output of ssh -G with repeated keys', () => {
    const settings = parseSshG('user ada\r\nidentityfile ~/a\nidentityfile ~/b c\n\nnovalue\n');
    assert.deepEqual(settings.get('identityfile'), ['~/a', '~/b c']);
    assert.equal(settings.has('novalue'), false);
  });
});
