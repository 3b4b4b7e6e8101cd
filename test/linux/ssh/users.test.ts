import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '../../../extension/connection/connect.ts';
import type { Connection } from '../../../extension/connection/connection.ts';
import { ConnectFailure } from '../../../extension/connection/failure.ts';
import { ping } from '../../../extension/connection/ping.ts';
import type { SshMachine } from '../../../extension/machines/machine.ts';
import { buildParts, makeAgentPlace, type AgentPlace } from './agent-place.ts';
import { scriptedPrompts, type ScriptedPrompts } from './fake-prompts.ts';
import { fails, openLink } from './open-link.ts';
import { sshdIsThere, startSshd, type Sshd } from './sshd.ts';
import { makeTempUser, type TempUser } from './temp-user.ts';

const run = promisify(execFile);

describe('users and programs of a machine', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let user: TempUser;
  let place: AgentPlace;
  let partsDirectory: string;

  const dial = (machine: SshMachine, prompts: ScriptedPrompts): Promise<Connection> =>
    connect(machine, prompts, { partsDirectory, instance: place.instance });

  before(async function () {
    if (!sshdIsThere() || !existsSync('/usr/sbin/useradd')) {
      console.log('      skipped: it takes root, /usr/sbin/sshd and useradd');
      this.skip();
    }
    this.timeout(300_000);
    partsDirectory = await buildParts();
    user = await makeTempUser();
    sshd = await startSshd({ config: 'PasswordAuthentication yes', user: user.name });
    await writeFile(sshd.knownHosts, await sshd.knownHostsLine());
  });

  beforeEach(async () => {
    place = await makeAgentPlace();
  });

  afterEach(async () => {
    await place[Symbol.asyncDispose]();
  });

  after(async () => {
    await sshd?.[Symbol.asyncDispose]();
    await user?.[Symbol.asyncDispose]();
  });

  const withoutKey = (): Promise<SshMachine> => sshd.machine({ config: 'PubkeyAuthentication no' });

  it('lets a user in by password, and remembers it only when asked to', async () => {
    const prompts = scriptedPrompts({ password: user.password, remember: true });
    const machine = await machineOf(sshd, user, false);
    (await openLink(machine, prompts)).end();
    (await openLink(machine, prompts)).end();
    assert.deepEqual(prompts.asked, ['password']);
    assert.deepEqual([...prompts.stored.values()], [user.password]);
    const forgetful = scriptedPrompts({ password: user.password });
    (await openLink(machine, forgetful)).end();
    assert.equal(forgetful.stored.size, 0);
  });

  it('says that the password was refused, and never what it was', async () => {
    const prompts = scriptedPrompts({ password: 'wrong-secret', remember: true });
    await assert.rejects(openLink(await machineOf(sshd, user, false), prompts), (error) => {
      fails('password-refused', /refused the password of strata-t-/)(error);
      assert.ok(!JSON.stringify(error).includes('wrong-secret') && !String(error).includes('wrong-secret'));
      return true;
    });
    assert.deepEqual(prompts.asked, ['password', 'password', 'password']);
    assert.equal(prompts.stored.size, 0);
  });

  it('asks again when the stored password has become wrong, and forgets it', async () => {
    const machine = await machineOf(sshd, user, false);
    const prompts = scriptedPrompts({ password: user.password });
    prompts.stored.set(`password:${user.name}@127.0.0.1:${sshd.port}`, 'of last year');
    (await openLink(machine, prompts)).end();
    assert.deepEqual(prompts.asked, ['password']);
    assert.equal(prompts.stored.size, 0);
  });

  it('says so when the user closes the question', async () => {
    await assert.rejects(
      openLink(await machineOf(sshd, user, false), scriptedPrompts()),
      fails('auth-cancelled', /no password was given/),
    );
  });

  it('says how to get root when there is none', async () => {
    await assert.rejects(dial(await machineOf(sshd, user), scriptedPrompts()), (error) => {
      fails('no-root', /must be installed as root on box/)(error);
      assert.ok(error instanceof ConnectFailure && error.action === 'show-sudo-help');
      return true;
    });
  });

  it('installs through sudo and reaches a socket that only root may open', async function () {
    if (!existsSync('/usr/bin/sudo')) {
      console.log('      skipped: there is no sudo on this machine');
      this.skip();
    }
    await using admin = await makeTempUser({ sudo: true });
    const uploads = `/home/${admin.name}/.cache/strata`;
    place.instance.uploads = undefined;
    const prompts = scriptedPrompts();
    await using connection = await dial(await machineOf(sshd, admin), prompts);
    await ping((signal) => connection.openApi(signal), 5000);
    const { stdout } = await run('stat', ['-c', '%U %a', uploads]);
    assert.equal(stdout.trim(), `${admin.name} 700`);
    const { stdout: owner } = await run('find', [place.instance.prefix, '!', '-user', 'root']);
    assert.equal(owner, '', 'all that is run belongs to root');
    await using second = await dial(await machineOf(sshd, admin), scriptedPrompts());
    await ping((signal) => second.openApi(signal), 5000);
  });

  it('names the missing programs and the exact command, and runs it only when told to', async () => {
    const bin = join(place.root, 'bin');
    await mkdir(bin);
    for (const name of await readdir('/usr/bin')) {
      if (!/^(crun|runc|conmon|sudo)$/.test(name)) await symlink(join('/usr/bin', name), join(bin, name));
    }
    await using bare = await startSshd({ config: `SetEnv PATH=${bin}` });
    await writeFile(bare.knownHosts, await bare.knownHostsLine());
    const prompts = scriptedPrompts({ install: false });
    await assert.rejects(dial(await bare.machine(), prompts), (error) => {
      fails(
        'install-declined',
        /box lacks (crun, )?conmon\. They can be installed with: apt-get update/,
      )(error);
      assert.match(
        error instanceof ConnectFailure ? (error.command ?? '') : '',
        /--no-install-recommends (crun )?conmon$/,
      );
      return true;
    });
    assert.equal(prompts.asked.length, 1);
    assert.ok(
      !prompts.steps.some(({ step }) => step === 'upload'),
      'nothing is sent before the machine can run it',
    );
  });

  async function machineOf(server: Sshd, { name }: TempUser, key = true): Promise<SshMachine> {
    return key ? server.machine({ user: name }) : { ...(await withoutKey()), user: name };
  }
});
