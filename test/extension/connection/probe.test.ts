import assert from 'node:assert/strict';
import { defaultInstance, quote } from '../../../extension/connection/bootstrap/instance.ts';
import { parseProbe, probe, type HostFacts } from '../../../extension/connection/bootstrap/probe.ts';
import {
  checkSystem,
  installCommand,
  missingPrograms,
  rootOf,
} from '../../../extension/connection/bootstrap/requirements.ts';
import { ConnectFailure } from '../../../extension/connection/failure.ts';
import { LocalHost } from '../../../extension/connection/local/local-host.ts';

const lines = (more: Record<string, string> = {}): string =>
  Object.entries({
    system: 'Linux',
    arch: 'x86_64',
    kernel: '6.12.0',
    user: 'ada',
    glibc: '2.36',
    init: 'systemd',
    root: 'sudo',
    manager: 'apt-get',
    cgroups: 'v2',
    uploads: '/home/ada/.cache/strata',
    ...more,
  })
    .map(([key, value]) => `strata.${key}=${value}`)
    .join('\r\n');

function facts(more: Record<string, string> = {}): HostFacts {
  const parsed = parseProbe(`Welcome!\n${lines(more)}\n`, defaultInstance);
  assert.ok(parsed);
  return parsed;
}

const code = (expected: string) => (error: unknown) =>
  error instanceof ConnectFailure && error.code === expected;

describe('the probe of a machine', () => {
  it('understands this machine', async function () {
    if (process.platform !== 'linux') {
      console.log('      skipped: this machine is not a Linux');
      this.skip();
    }
    const found = await probe(new LocalHost('here'), defaultInstance, AbortSignal.timeout(10_000));
    assert.equal(found.system, 'Linux');
    assert.equal(found.arch, process.arch);
    assert.match(found.glibc ?? '', /^2\.\d+$/);
    assert.ok(found.programs.has('tar') && found.programs.has('sha256sum'));
  });

  it('skips what a login shell prints', () => {
    assert.equal(facts().user, 'ada');
    assert.equal(parseProbe('-sh: fork: retry: no child processes\n', defaultInstance), undefined);
  });

  it('knows its own agent from a stranger with the same process id', () => {
    const own = `/opt/strata/${'a'.repeat(64)}/node /opt/strata/${'b'.repeat(64)}/stratad.mjs serve --socket /x`;
    assert.deepEqual(facts({ running: own }).running, { runtime: 'a'.repeat(64), bundle: 'b'.repeat(64) });
    assert.equal(facts({ running: '/usr/bin/vim notes' }).running, undefined);
    assert.equal(facts({ running: `/tmp/evil/node /opt/strata/x/stratad.mjs serve` }).running, undefined);
  });

  it('refuses machines on which the agent cannot run, by name', () => {
    assert.throws(() => checkSystem('box', facts({ system: 'Darwin' })), code('unsupported-system'));
    assert.throws(() => checkSystem('box', facts({ arch: 'riscv64' })), /box is a riscv64 machine/);
    assert.throws(() => checkSystem('box', facts({ glibc: '', musl: '1' })), /uses the musl C library/);
    assert.throws(
      () => checkSystem('box', facts({ glibc: '2.27' })),
      /has glibc 2\.27; the agent needs 2\.28/,
    );
    checkSystem('box', facts({ glibc: '2.28' }));
    checkSystem('box', facts({ arch: 'aarch64' }));
  });

  it('says how to become root where that is not possible', () => {
    assert.equal(rootOf('box', facts()), 'sudo');
    assert.equal(rootOf('box', facts({ root: 'self' })), 'user');
    assert.throws(() => rootOf('box', facts({ root: 'sudo-password' })), /sudo asks ada for a password/);
    assert.throws(() => rootOf('box', facts({ root: 'no-sudo' })), code('no-root'));
  });

  it('takes runc where there is no crun, and lists all that is missing at once', () => {
    const with_ = (...programs: string[]): HostFacts => {
      const text = `${lines()}\n${programs.map((name) => `strata.program=${name}`).join('\n')}`;
      const parsed = parseProbe(text, defaultInstance);
      assert.ok(parsed);
      return parsed;
    };
    const base = ['tar', 'gzip', 'sha256sum', 'ip'];
    assert.deepEqual(missingPrograms(with_(...base, 'runc', 'conmon', 'nft')), []);
    assert.deepEqual(missingPrograms(with_(...base)), ['crun', 'conmon', 'nft']);
  });

  it('has the exact command of each package manager', () => {
    assert.match(
      installCommand('apt-get', ['crun', 'nft', 'ip']),
      /install -y -q --no-install-recommends crun nftables iproute2$/,
    );
    assert.equal(installCommand('dnf', ['conmon', 'ip']), 'dnf install -y conmon iproute');
    assert.equal(installCommand('apk', ['nft']), 'apk add nftables');
    assert.equal(installCommand('pacman', ['crun']), 'pacman -Sy --noconfirm --needed crun');
    assert.equal(
      installCommand('zypper', ['sha256sum', 'setsid']),
      'zypper --non-interactive install coreutils util-linux',
    );
  });

  it('makes one word of any text for the shell', async () => {
    const nasty = `a'b"c $(id) \`x\` \\ ; #`;
    const { stdout } = await new LocalHost('here').script(`printf %s ${quote(nasty)}`);
    assert.equal(stdout, nasty);
  });
});
