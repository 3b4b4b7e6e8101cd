import assert from 'node:assert/strict';
import { it } from 'mocha';
import { waitFor } from '../../../support/wait-for.ts';
import type { Client } from './client.ts';

/** `docker exec`. */
export function execTests(client: () => Client): void {
  const ok = (...args: string[]) => client().ok(...args);

  it('exec keeps the streams apart and returns the exit code', async () => {
    await client().sleeper('box');
    const result = await client().docker('exec', 'box', 'sh', '-c', 'echo out; echo err >&2; exit 9');
    assert.deepEqual(result, { code: 9, stdout: 'out\n', stderr: 'err\n' });
    const missing = await client().docker('exec', 'box', 'no-such-program');
    assert.match(missing.stdout + missing.stderr, /no-such-program/);
    // Docker has answered either, depending on its version.
    assert.ok([126, 127].includes(missing.code), String(missing.code));
    assert.equal((await client().docker('exec', 'box', '/etc/passwd')).code, 126);
  });

  it("exec -e, -u, -w, --env-file and --privileged are the process' own", async () => {
    await client().sleeper('box', '-e', 'A=box');
    const script = 'echo $A $B $PWD $(id -un)';
    const options = ['-e', 'B=exec', '-u', 'nobody', '-w', '/tmp'];
    assert.equal(await ok('exec', ...options, 'box', 'sh', '-c', script), 'box exec /tmp nobody');
    const capabilities = ['box', 'grep', 'CapEff', '/proc/self/status'];
    const own = await ok('exec', ...capabilities);
    const all = await ok('exec', '--privileged', ...capabilities);
    const value = (line: string) => BigInt(`0x${line.split('\t')[1]}`);
    assert.ok(value(all) > value(own), `${all} ${own}`);
    const nobody = await client().docker('exec', '-u', 'nosuchuser', 'box', 'true');
    assert.notEqual(nobody.code, 0);
    assert.match(nobody.stderr + nobody.stdout, /nosuchuser/);
  });

  it('exec -it gives a terminal, -i standard input and its end', async () => {
    await client().sleeper('box');
    assert.equal((await client().piped('a\nb\n', 'exec', '-i', 'box', 'wc', '-l')).stdout.trim(), '2');
    await using terminal = client().terminal('exec', '-it', 'box', 'sh');
    await terminal.sees('# ');
    terminal.type('echo on $(tty); exit 6\n');
    await terminal.sees(/on \/dev\/pts\/\d/);
    assert.equal(await terminal.ended(), 6);
  });

  it('exec -d returns at once; the detach keys leave the process running', async () => {
    await client().sleeper('box');
    assert.equal(await ok('exec', '-d', 'box', 'sh', '-c', 'echo done > /tmp/made'), '');
    await waitFor(
      'the file',
      async () => (await client().docker('exec', 'box', 'cat', '/tmp/made')).stdout === 'done\n',
    );
    await using terminal = client().terminal('exec', '-it', '--detach-keys', 'ctrl-a', 'box', 'sleep', '77');
    await waitFor('the process', async () => (await ok('top', 'box')).includes('sleep 77'));
    terminal.type('\u0001');
    await terminal.ended();
    assert.match(await ok('top', 'box'), /sleep 77/);
  });

  it('exec in a stopped container says so', async () => {
    await ok('run', '--name', 'ended', 'busybox', 'true');
    await client().fails(1, /is not running/, 'exec', 'ended', 'true');
    await client().fails(1, /No such container: nobody/, 'exec', 'nobody', 'true');
  });

  it('a health check moves a container from starting to healthy and to unhealthy', async () => {
    const check = [
      '--health-cmd',
      'test -e /tmp/fine',
      '--health-interval',
      '200ms',
      '--health-retries',
      '1',
    ];
    await client().sleeper('checked', ...check, '--health-start-period', '20s');
    assert.equal(await ok('inspect', '-f', '{{.State.Health.Status}}', 'checked'), 'starting');
    assert.match(await ok('ps', '--format', '{{.Status}}'), /\(health: starting\)$/);
    await ok('exec', 'checked', 'touch', '/tmp/fine');
    const health = (want: string) =>
      waitFor(want, async () => (await ok('inspect', '-f', '{{.State.Health.Status}}', 'checked')) === want);
    await health('healthy');
    assert.match(await ok('ps', '--filter', 'health=healthy', '--format', '{{.Status}}'), /\(healthy\)$/);
    await ok('exec', 'checked', 'rm', '/tmp/fine');
    await health('unhealthy');
    const log = '{{with index .State.Health.Log 0}}{{.ExitCode}}{{end}}';
    assert.match(await ok('inspect', '-f', log, 'checked'), /^[01]$/);
  });
}
