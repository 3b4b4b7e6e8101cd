import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isZombie } from '../../../backend/linux/proc-stat.ts';
import { describeIsolation } from '../../../backend/runtime/isolation.ts';
import { startFailureExitCode } from '../../../backend/runtime/start-failure.ts';
import { readAll, RuntimeFixture } from './runtime-fixture.ts';

describe('runtime: life of a container', function () {
  this.timeout(20_000);
  const fixture = new RuntimeFixture();
  before(() => fixture.open());
  after(() => fixture.close());

  it('runs a program with both streams apart and reports its exit code', async () => {
    const { stdout, stderr, exit } = await fixture.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    assert.deepEqual({ stdout, stderr, code: exit.code }, { stdout: 'out\n', stderr: 'err\n', code: 3 });
    assert.ok(Math.abs(Date.now() - exit.finishedAt.getTime()) < 5000);
  });

  it('reports 128 + signal for a program that was killed', async () => {
    const request = fixture.request(['sleep', '100']);
    await fixture.runtime.create(request);
    await fixture.runtime.start(request.id);
    await fixture.runtime.kill(request.id, 9);
    assert.equal((await fixture.runtime.waitExit(request.id)).code, 137);
    await assert.rejects(fixture.runtime.kill(request.id, 9), { code: 'not-found' });
  });

  it('leaves neither cgroup, state, bundle nor processes behind, and deletes twice', async () => {
    const request = fixture.request(['sleep', '100']);
    const { conmon, init } = await fixture.runtime.create(request);
    await fixture.runtime.start(request.id);
    assert.deepEqual(await fixture.runtime.processes(request.id), [init.pid]);
    await fixture.runtime.delete(request.id);
    await fixture.runtime.delete(request.id);
    for (const { directory } of fixture.runtime.cgroupOf(request.id))
      assert.ok(!existsSync(directory), directory);
    assert.ok(!existsSync(join(fixture.layout.runContainer(request.id), 'bundle')));
    // Process 1 reaps them when it comes to it.
    for (const { pid } of [conmon, init]) {
      assert.ok(!existsSync(`/proc/${pid}`) || isZombie(pid), `process ${pid} lives`);
    }
  });

  for (const [name, args, changes, exitCode] of [
    ['a program that is not there', ['nope'], {}, 127],
    ['an absolute path that is not there', ['/bin/nope'], {}, 127],
    ['a file that is not executable', ['/etc/no-program'], {}, 126],
    ['a directory', ['/tmp'], {}, 126],
  ] as const) {
    it(`says why ${name} cannot be started, and undoes the creation`, async () => {
      const request = fixture.request([...args], changes);
      const failure = await fixture.runtime.create(request).then(
        () => fixture.runtime.start(request.id),
        (error: Error) => error,
      );
      assert.ok(failure instanceof Error);
      assert.equal(startFailureExitCode(failure.message), exitCode, failure.message);
      assert.deepEqual(await fixture.runtime.adopt(request.id), { state: 'gone' });
      await assert.rejects(fixture.runtime.start(request.id), { code: 'not-found' });
    });
  }

  it('refuses a second creation of the same container', async () => {
    const request = fixture.request(['true']);
    await fixture.runtime.create(request);
    await assert.rejects(fixture.runtime.create(request), { code: 'conflict' });
    await fixture.runtime.start(request.id);
    assert.equal((await fixture.runtime.waitExit(request.id)).code, 0);
  });

  it('ends a wait when its signal aborts, while others go on waiting', async () => {
    const request = fixture.request(['sleep', '100']);
    await fixture.runtime.create(request);
    const wait = fixture.runtime.waitExit(request.id);
    await assert.rejects(fixture.runtime.waitExit(request.id, AbortSignal.timeout(20)), {
      name: 'TimeoutError',
    });
    await fixture.runtime.start(request.id);
    await fixture.runtime.kill(request.id, 15, true);
    // sleep as process 1 ignores SIGTERM: only a handler would take it.
    await fixture.runtime.kill(request.id, 9, true);
    assert.equal((await wait).code, 137);
  });

  it('isolates: namespaces of its own, few capabilities, seccomp, hidden paths', async () => {
    const request = fixture.request(['sleep', '100']);
    const { init } = await fixture.runtime.create(request);
    await fixture.runtime.start(request.id);
    const isolation = describeIsolation(init.pid);
    const own = isolation.namespaces.filter(({ shared }) => !shared).map(({ type }) => type);
    for (const type of ['ipc', 'mnt', 'net', 'pid', 'uts'] as const) assert.ok(own.includes(type), type);
    assert.equal(isolation.capabilities.effective.length, 14);
    assert.ok(!isolation.capabilities.bounding.includes('CAP_SYS_ADMIN'));
    assert.equal(isolation.seccomp.mode, 'filter');
    assert.ok(isolation.maskedPaths.includes('/proc/keys'), isolation.maskedPaths.join());
    assert.ok(isolation.readonlyPaths.includes('/proc/sys'));
    assert.ok(isolation.cgroups.some(({ path }) => path === `/strata/${request.id}`));
  });

  it('filters system calls in the second container of a profile and in its execs as in the first', async () => {
    const args = ['sh', '-c', 'grep Seccomp: /proc/self/status; unshare -U true'];
    const [first, second] = [await fixture.run(args), await fixture.run(args)];
    assert.match(first.stdout, /Seccomp:\s2/);
    assert.match(first.stderr, /not permitted/);
    assert.deepEqual([second.stdout, second.stderr], [first.stdout, first.stderr]);
    const looser = await fixture.run(args, { capAdd: ['SYS_ADMIN'] });
    assert.equal(looser.exit.code, 0, looser.stderr);
    assert.notEqual((await fixture.run(args)).exit.code, 0);
    const request = fixture.request(['sleep', '100']);
    await fixture.runtime.create(request);
    await fixture.runtime.start(request.id);
    const { process } = fixture.request(args).spec;
    const exec = { containerId: request.id, execId: 'seccomp', process, tty: false, openStdin: false };
    const { streams } = await fixture.runtime.exec(exec);
    assert.ok(streams);
    assert.match((await readAll(streams)).stderr, /not permitted/);
  });

  it('keeps monitors out of the daemon’s cgroup', async () => {
    const request = fixture.request(['sleep', '100']);
    const { conmon } = await fixture.runtime.create(request);
    const text = readFileSync(`/proc/${conmon.pid}/cgroup`, 'utf8');
    assert.match(text, /:(?:pids)?:\/strata\/monitor$/m);
  });

  it('does what seccomp and capabilities forbid only when privileged', async () => {
    const args = ['sh', '-c', 'mount -t tmpfs none /tmp && echo mounted'];
    assert.equal((await fixture.run(args)).stdout, '');
    assert.equal((await fixture.run(args, { privileged: true })).stdout, 'mounted\n');
    const unshare = await fixture.run(['unshare', '-U', 'true']);
    assert.notEqual(unshare.exit.code, 0);
  });

  it('applies user, groups, working directory, hostname, tmpfs and read-only root', async () => {
    const { stdout } = await fixture.run(
      ['sh', '-c', 'id -u; id -g; hostname; echo $PWD; touch /x || echo ro; df -k /t | tail -n1'],
      {
        user: { uid: 1000, gid: 1001, additionalGids: [1001, 10], home: '/' },
        cwd: '/etc',
        readonlyRootfs: true,
        tmpfs: { '/tmp': 'size=64k' },
      },
    );
    assert.match(stdout, /^1000\n1001\nstrata-test\n\/etc\nro\n/);
  });
});

describe('runtime: terminal', function () {
  this.timeout(20_000);
  const fixture = new RuntimeFixture();
  before(() => fixture.open());
  after(() => fixture.close());

  it('gives a terminal with the size that was asked for, and a new size later', async () => {
    const request = fixture.request(
      ['sh', '-c', 'stty size; read line; stty size; echo $line'],
      { tty: true, consoleSize: { rows: 30, columns: 100 } },
      { openStdin: true },
    );
    await fixture.runtime.create(request);
    const streams = await fixture.runtime.attach(request.id, { stdin: true, tty: true });
    assert.equal(streams.stderr, null);
    const output = readAll(streams);
    await fixture.runtime.start(request.id);
    await fixture.runtime.resize(request.id, 41, 120);
    streams.stdin?.write('typed\n');
    await fixture.runtime.waitExit(request.id, AbortSignal.timeout(10_000));
    const { stdout } = await output;
    assert.match(stdout, /41 120\r\ntyped\r\n$/);
    await assert.rejects(fixture.runtime.resize(request.id, 1, 1), { code: 'not-found' });
  });
});
