import assert from 'node:assert/strict';
import { it } from 'mocha';
import { freePort } from '../../../support/free-port.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { lines, type Client } from './client.ts';

/** Everything that only looks: ps, inspect, logs, top, stats, events. */
export function lookTests(client: () => Client): void {
  const ok = (...args: string[]) => client().ok(...args);
  const names = async (...filters: string[]) =>
    lines(
      await ok('ps', '-a', '--format', '{{.Names}}', ...filters.flatMap((f) => ['--filter', f])),
    ).toSorted();

  it('ps knows every filter', async () => {
    const port = await freePort();
    const id = await client().sleeper(
      'runs',
      '--label',
      'tier=web',
      '-v',
      'kept:/data',
      '--expose',
      '99',
      '-p',
      `127.0.0.1:${port}:80`,
    );
    await ok('run', '--name', 'failed', 'busybox', 'sh', '-c', 'exit 3').catch(() => undefined);
    await ok('create', '--name', 'fresh', 'busybox');
    assert.deepEqual(await names('status=running'), ['runs']);
    assert.deepEqual(await names('status=exited', 'status=created'), ['failed', 'fresh']);
    assert.deepEqual(await names('name=^/?f'), ['failed', 'fresh']);
    assert.deepEqual(await names(`id=${id.slice(0, 12)}`), ['runs']);
    assert.deepEqual(await names('label=tier'), ['runs']);
    assert.deepEqual(await names('label=tier=db'), []);
    assert.deepEqual(await names('ancestor=busybox'), ['failed', 'fresh', 'runs']);
    assert.deepEqual(await names('network=none'), []);
    assert.deepEqual(await names('volume=kept'), ['runs']);
    assert.deepEqual(await names('volume=/data'), ['runs']);
    assert.deepEqual(await names('exited=3'), ['failed']);
    assert.deepEqual(await names('before=failed'), ['runs']);
    assert.deepEqual(await names('since=failed'), ['fresh']);
    assert.deepEqual(await names(`publish=${port}`), ['runs']);
    assert.deepEqual(await names('publish=80'), []);
    assert.deepEqual(await names('expose=99'), ['runs']);
    assert.deepEqual(await names('health=none'), ['failed', 'fresh', 'runs']);
    await client().fails(1, /invalid filter/i, 'ps', '--filter', 'colour=red');
  });

  it('ps prints the columns that people know', async () => {
    await client().sleeper('runs');
    const [head, row] = lines(await ok('ps'));
    assert.match(head ?? '', /^CONTAINER ID\s+IMAGE\s+COMMAND\s+CREATED\s+STATUS\s+PORTS\s+NAMES$/);
    assert.match(row ?? '', /^[0-9a-f]{12}\s+busybox\s+"sleep 300"\s+.* ago\s+Up .*\s+runs$/);
    await ok('run', '--name', 'ended', 'busybox', 'sh', '-c', 'echo 123 > /f; exit 3').catch(() => undefined);
    const [last] = lines(await ok('ps', '-a', '-l', '-s', '--format', '{{.Names}} {{.Status}} {{.Size}}'));
    assert.match(last ?? '', /^ended Exited \(3\) .* ago 4B \(virtual [\d.]+MB\)$/);
    assert.equal(lines(await ok('ps', '-n', '2', '-q')).length, 2);
    assert.match(await ok('ps', '-q', '--no-trunc'), /^[0-9a-f]{64}$/);
    const parsed = JSON.parse(await ok('ps', '--format', '{{json .}}')) as Record<string, string>;
    assert.equal(parsed['State'], 'running');
    assert.equal(parsed['Networks'], 'bridge');
    assert.equal(parsed['LocalVolumes'], '0');
  });

  it('inspect answers formats, types, sizes and things that are not there', async () => {
    await client().sleeper('runs', '-e', 'A=b', '-v', 'kept:/data');
    const format =
      '{{.Config.Image}} {{.State.Pid}} {{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}}{{end}}';
    assert.match(await ok('inspect', '-f', format, 'runs'), /^busybox \d+ volume kept \/data true$/);
    const ip = await ok('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', 'runs');
    assert.match(ip, /^\d+\.\d+\.\d+\.\d+$/);
    assert.equal(await ok('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'runs'), ip);
    assert.match(await ok('inspect', '-s', '-f', '{{.SizeRw}} {{.SizeRootFs}}', 'runs'), /^\d+ \d+$/);
    assert.match(await ok('inspect', '--type', 'image', '-f', '{{.Id}}', 'busybox'), /^sha256:/);
    await client().fails(1, /No such object: nobody/i, 'inspect', 'nobody');
    await client().fails(1, /No such container: nobody/i, 'inspect', '--type', 'container', 'nobody');
  });

  it('logs are told by tail, since, until, time stamps and details', async () => {
    await ok(
      'run',
      '--name',
      'says',
      '--log-opt',
      'labels=x',
      '--label',
      'x=y',
      'busybox',
      'sh',
      '-c',
      'echo 1; sleep 0.1; echo 2 >&2; sleep 0.1; echo 3',
    );
    assert.deepEqual(await client().docker('logs', 'says'), { code: 0, stdout: '1\n3\n', stderr: '2\n' });
    assert.equal(await ok('logs', '--tail', '1', 'says'), '3');
    assert.equal(await ok('logs', '--tail', '0', 'says'), '');
    assert.match(await ok('logs', '-t', '-n', '1', 'says'), /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 3$/);
    assert.equal(await ok('logs', '--since', '2h', 'says'), '1\n3');
    assert.equal(await ok('logs', '--until', '2h', 'says'), '');
    assert.match(await ok('logs', '--details', '-n', '1', 'says'), /^x=y 3$/);
  });

  it('logs -f goes on until the container ends', async () => {
    await ok('run', '-d', '--name', 'talks', 'busybox', 'sh', '-c', 'echo a; sleep 0.7; echo b');
    await using following = client().follow('logs', '-f', 'talks');
    await following.sees(/a\n/);
    assert.equal(await following.ended(), 0);
    assert.equal(following.output(), 'a\nb\n');
  });

  it('top shows the processes, with the columns of ps', async () => {
    await client().sleeper('busy');
    assert.match(
      await ok('top', 'busy'),
      /^UID +PID +PPID +C +STIME +TTY +TIME +CMD\nroot +\d+ .*sleep 300$/,
    );
    assert.match(await ok('top', 'busy', '-o', 'pid,comm'), /^PID +COMMAND\n\d+ +sleep$/);
    await ok('stop', '-t', '0', 'busy');
    await client().fails(1, /is not running/, 'top', 'busy');
  });

  it('stats --no-stream prints one line for each container', async () => {
    await client().sleeper('first', '-m', '64m');
    await client().sleeper('second');
    const format = '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.NetIO}} {{.BlockIO}} {{.PIDs}}';
    const said = lines(await ok('stats', '--no-stream', '--format', format)).toSorted();
    assert.match(
      said[0] ?? '',
      /^first \d+\.\d+% [\d.]+[KM]iB \/ 64MiB [\d.]+k?B \/ [\d.]+k?B .*B \/ .*B 1$/,
    );
    assert.match(said[1] ?? '', /^second /);
    assert.equal(said.length, 2);
  });

  it("events tells a container's life in order, filtered and between two times", async () => {
    const since = String(Math.floor(Date.now() / 1000) - 1);
    await ok('run', '--rm', '--name', 'told', '--label', 'a=b', 'busybox', 'true');
    await ok('volume', 'create', 'vol');
    const until = () => String(Math.floor(Date.now() / 1000) + 1);
    const events = async (...args: string[]) =>
      lines(await ok('events', '--since', since, '--until', until(), ...args));
    const format = ['--format', '{{.Type}} {{.Action}}'];
    const told = await waitFor('destroy', async () => {
      const all = await events(...format, '--filter', 'container=told');
      return all.includes('container destroy') ? all : null;
    });
    assert.deepEqual(
      told,
      ['create', 'attach', 'start', 'die', 'destroy'].map((action) => `container ${action}`),
    );
    assert.deepEqual(await events(...format, '--filter', 'event=die', '--filter', 'label=a=b'), [
      'container die',
    ]);
    assert.deepEqual(await events(...format, '--filter', 'type=volume'), ['volume create']);
    const [die] = await events('--filter', 'event=die', '--filter', 'container=told');
    assert.match(
      die ?? '',
      / container die [0-9a-f]{64} \(a=b, execDuration=0, exitCode=0, image=busybox, name=told\)$/,
    );
    const [network] = await events(...format, '--filter', 'type=network', '--filter', 'event=connect');
    assert.equal(network, 'network connect');
  });
}
