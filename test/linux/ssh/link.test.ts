import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectFailure } from '../../../extension/connection/failure.ts';
import { freePort } from '../../support/free-port.ts';
import { scriptedPrompts } from './fake-prompts.ts';
import { fails, openLink } from './open-link.ts';
import { makeKey, sshdIsThere, startSshd, type Sshd } from './sshd.ts';

const run = promisify(execFile);

describe('an SSH link to a real sshd', function () {
  this.timeout(20_000);
  let sshd: Sshd;

  before(async function () {
    if (!sshdIsThere()) {
      console.log('      skipped: it takes root and /usr/sbin/sshd');
      this.skip();
    }
    sshd = await startSshd();
  });

  after(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await writeFile(sshd.knownHosts, await sshd.knownHostsLine());
  });

  it('is let in by a key and runs a command', async () => {
    const link = await openLink(await sshd.machine(), scriptedPrompts());
    const { code, stdout, stderr } = await link.exec('read line; echo got $line; echo oops >&2; exit 7', {
      input: 'ab\n',
    });
    assert.deepEqual({ code, stdout, stderr }, { code: 7, stdout: 'got ab\n', stderr: 'oops\n' });
    link.end();
    assert.match((await link.closed).message, /closed/);
  });

  it('takes a key with a passphrase and asks for it once', async () => {
    const key = join(sshd.directory, 'locked');
    await makeKey(key, 'opensesame');
    const authorized = join(sshd.directory, 'authorized_keys');
    await writeFile(
      authorized,
      `${await readFile(authorized, 'utf8')}${await readFile(`${key}.pub`, 'utf8')}`,
    );
    const prompts = scriptedPrompts({ passphrase: 'opensesame', remember: true });
    const machine = await sshd.machine({ config: `IdentityFile ${key}` });
    (await openLink(machine, prompts)).end();
    (await openLink(machine, prompts)).end();
    assert.deepEqual(prompts.asked, ['passphrase']);
    assert.equal(prompts.stored.get(`passphrase:${key}`), 'opensesame');
  });

  it('says which keys were tried when none is accepted', async () => {
    const key = join(sshd.directory, 'stranger');
    await makeKey(key);
    const machine = await sshd.machine({ config: `IdentitiesOnly yes\nIdentityFile ${key}` });
    const authorized = join(sshd.directory, 'authorized_keys');
    const before = await readFile(authorized);
    await writeFile(authorized, '');
    try {
      await assert.rejects(
        openLink(machine, scriptedPrompts()),
        fails('auth-refused', /did not let root in: 2 keys were tried.*publickey/),
      );
    } finally {
      await writeFile(authorized, before);
    }
  });

  it('says that the key file is missing', async () => {
    const machine = await sshd.machine({ identityFile: '/nonexistent/key', config: 'IdentitiesOnly yes' });
    const configFile = machine.configFile ?? '';
    const config = await readFile(configFile, 'utf8');
    await writeFile(configFile, config.replaceAll(/IdentityFile .*\n/g, ''));
    await assert.rejects(
      openLink(machine, scriptedPrompts()),
      fails('auth-refused', /no usable key was found \(looked at \/nonexistent\/key/),
    );
  });

  it('takes a key from the ssh agent', async () => {
    const socket = join(sshd.directory, 'agent.sock');
    const { stdout } = await run('ssh-agent', ['-a', socket]);
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)?.[1]);
    try {
      await run('ssh-add', ['-q', sshd.userKey], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const machine = await sshd.machine({
        config: `IdentityAgent ${socket}\nIdentityFile /nonexistent/key`,
      });
      (await openLink(machine, scriptedPrompts())).end();
    } finally {
      process.kill(pid);
    }
  });

  it('asks about an unknown host key, shows its fingerprint, and remembers the answer', async () => {
    await writeFile(sshd.knownHosts, '# nothing yet');
    const prompts = scriptedPrompts();
    (await openLink(await sshd.machine(), prompts)).end();
    const { stdout } = await run('ssh-keygen', ['-l', '-f', `${sshd.hostKey}.pub`]);
    assert.equal(prompts.hostKeys[0]?.fingerprint, stdout.split(' ')[1]);
    assert.equal(
      await readFile(sshd.knownHosts, 'utf8'),
      `# nothing yet\n${(await sshd.knownHostsLine()).replace(/ \S*\n$/, '\n')}`,
    );
    (await openLink(await sshd.machine(), prompts)).end();
    assert.deepEqual(prompts.asked, ['host-key']);
  });

  it('connects no further when the host key is declined', async () => {
    await writeFile(sshd.knownHosts, '');
    await assert.rejects(
      openLink(await sshd.machine(), scriptedPrompts({ trust: false })),
      fails('host-key-declined', /was not accepted/),
    );
    assert.equal(await readFile(sshd.knownHosts, 'utf8'), '');
  });

  it('appends hashed names that ssh-keygen finds again', async () => {
    await writeFile(sshd.knownHosts, '');
    (await openLink(await sshd.machine({ config: 'HashKnownHosts yes' }), scriptedPrompts())).end();
    assert.match(await readFile(sshd.knownHosts, 'utf8'), /^\|1\|/);
    const { stdout } = await run('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', sshd.knownHosts]);
    assert.match(stdout, /found: line 1/);
    const prompts = scriptedPrompts();
    (await openLink(await sshd.machine(), prompts)).end();
    assert.deepEqual(prompts.asked, []);
  });

  it('refuses a changed host key and shows both fingerprints and the line', async () => {
    const other = join(sshd.directory, 'other-host');
    await makeKey(other);
    const line = `[127.0.0.1]:${sshd.port} ${await readFile(`${other}.pub`, 'utf8')}`;
    await writeFile(sshd.knownHosts, `# one\n${line}`);
    const prompts = scriptedPrompts();
    await assert.rejects(openLink(await sshd.machine(), prompts), (error) => {
      fails('host-key-changed', /SHA256:\S+ \(.*known_hosts:2\), shown was SHA256:/)(error);
      assert.equal(error instanceof ConnectFailure && error.location, `${sshd.knownHosts}:2`);
      return true;
    });
    assert.deepEqual(prompts.asked, []);
  });

  it('refuses a revoked host key although another line knows it', async () => {
    const line = await sshd.knownHostsLine();
    await writeFile(sshd.knownHosts, `${line}@revoked * ${line.split(' ').slice(1).join(' ')}`);
    await assert.rejects(
      openLink(await sshd.machine(), scriptedPrompts()),
      fails('host-key-revoked', /known_hosts:2 marks as revoked/),
    );
  });

  it('names @cert-authority as not supported when it asks', async () => {
    await writeFile(
      sshd.knownHosts,
      `@cert-authority *:${sshd.port} ${(await sshd.knownHostsLine()).split(' ').slice(1).join(' ')}`,
    );
    const prompts = scriptedPrompts();
    (await openLink(await sshd.machine(), prompts)).end();
    assert.match(
      prompts.hostKeys[0]?.notes[0] ?? '',
      /known_hosts:1 trusts a certificate authority \(@cert-authority\)/,
    );
  });

  it('goes through a jump host', async () => {
    const link = await openLink(await sshd.machine({ config: 'ProxyJump jump' }), scriptedPrompts());
    assert.equal((await link.exec('echo $SSH_CONNECTION')).code, 0);
    link.end();
    await link.closed;
  });

  it('goes through a proxy command, and says what a failing one said', async () => {
    const relay = join(sshd.directory, 'relay.mjs');
    await writeFile(
      relay,
      `import { connect } from 'node:net';
      const [port, host] = process.argv.slice(2);
      const socket = connect(port, host);
      process.stdin.pipe(socket).pipe(process.stdout);`,
    );
    const link = await openLink(
      await sshd.machine({ config: `ProxyCommand ${process.execPath} ${relay} %p %h` }),
      scriptedPrompts(),
    );
    assert.equal((await link.exec('true')).code, 0);
    link.end();
    await link.closed;
    const machine = await sshd.machine({ config: 'ProxyCommand echo no way >&2; exit 3' });
    await assert.rejects(
      openLink(machine, scriptedPrompts()),
      fails('proxy-failed', /ended with exit code 3: no way/),
    );
  });

  it('says in plain words that nothing listens', async () => {
    const port = await freePort();
    const machine = await sshd.machine({ port });
    await assert.rejects(
      openLink(machine, scriptedPrompts()),
      fails('host-unreachable', /cannot be reached: nothing listens on that port/),
    );
  });

  it('says that a name does not resolve', async () => {
    const machine = await sshd.machine();
    await assert.rejects(
      openLink({ ...machine, host: 'no-such-host.invalid' }, scriptedPrompts()),
      fails(
        'host-unreachable',
        /no-such-host\.invalid port 22 cannot be reached: its name cannot be resolved/,
      ),
    );
  });

  it('gives up on a host that accepts and never speaks', async () => {
    const silent: Server = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const machine = await sshd.machine({ port, config: 'ConnectTimeout 1' });
      await assert.rejects(
        openLink(machine, scriptedPrompts()),
        fails('host-timeout', /did not answer within 1 s/),
      );
    } finally {
      silent.close();
    }
  });

  it('ends connecting when it is cancelled', async () => {
    const prompts = scriptedPrompts();
    await writeFile(sshd.knownHosts, '');
    const controller = new AbortController();
    const never = { ...prompts, trustHostKey: async () => new Promise<boolean>(() => controller.abort()) };
    await assert.rejects(
      openLink(await sshd.machine(), never, controller.signal),
      fails('cancelled', /cancelled/),
    );
  });
});
