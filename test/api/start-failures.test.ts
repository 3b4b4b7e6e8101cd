import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, it } from 'mocha';
import { tracesOf, type Traces } from '../support/traces.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

interface Failure {
  why: string;
  options: string[];
  command?: string[];
  code: 125 | 126 | 127;
  words: RegExp;
}

describe('a start that fails half-way', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const blocker = createServer();
  let taken = 0;

  before(async () => {
    blocker.listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    taken = (blocker.address() as { port: number }).port;
    // The first container makes what stays on purpose: the bridge, its table, directories.
    const all = ['-p', '127.0.0.1::80', '--ipc', 'shareable', fixture.image('busybox'), 'true'];
    await fixture.daemon.docker.ok(['run', '--rm', ...all]);
  });
  after(() => void blocker.close());

  const failures: Failure[] = [
    {
      why: 'there is no such program',
      options: [],
      command: ['no-such-program'],
      code: 127,
      words: /"no-such-program": executable file not found/,
    },
    {
      why: 'the program is a directory',
      options: [],
      command: ['/etc'],
      code: 126,
      words: /permission denied/,
    },
    {
      why: 'there is no such user',
      options: ['-u', 'nobody-here'],
      code: 125,
      words: /unable to find user nobody-here: no matching entries in passwd file/,
    },
    {
      why: 'a device is missing',
      options: ['--device', '/dev/strata-none'],
      // The docker CLI says 127 whenever it reads "no such file or directory".
      code: 127,
      words:
        /error gathering device information while adding custom device "\/dev\/strata-none": no such file or directory/,
    },
    {
      why: 'nobody drives a GPU',
      options: ['--gpus', 'all'],
      code: 125,
      words: /could not select device driver "" with capabilities: \[\[gpu\]\]/,
    },
    {
      why: 'the kernel refuses a limit',
      options: [
        '-m',
        '6m',
        '--memory-swap',
        '6m',
        '--cpu-rt-runtime',
        '900000',
        '--cpu-rt-period',
        '1000000',
      ],
      code: 125,
      words: /cpu\.rt_runtime_us|real-time scheduler/,
    },
    {
      why: 'a mount is refused',
      options: ['-v', '/dev/null:/etc'],
      code: 125,
      words: /\/etc|not a directory/i,
    },
    {
      why: 'a subdirectory of a volume is missing',
      options: ['--mount', 'type=volume,target=/v,volume-subpath=none'],
      code: 127,
      words: /cannot access path .*none: no such file or directory/,
    },
    {
      why: 'another container does not run',
      options: ['--net', 'container:still'],
      code: 125,
      words: /cannot join network namespace of a non running container/,
    },
    {
      why: 'a kernel setting has no such value',
      options: ['--sysctl', 'net.ipv4.ip_forward=many'],
      code: 125,
      words: /ip_forward/,
    },
  ];

  for (const { why, options, command = ['true'], code, words } of failures) {
    it(`because ${why}, says so and leaves nothing`, async () => {
      const { docker } = fixture.daemon;
      if (options.includes('container:still'))
        await docker.ok(['create', '--name', 'still', fixture.image('busybox'), 'true']);
      await leavesNothing(async () => {
        const result = await docker(['run', '--rm', ...options, fixture.image('busybox'), ...command]);
        assert.match(result.stderr, words);
        assert.equal(result.code, code, result.stderr);
      });
      await docker(['rm', '-f', 'still']);
    });
  }

  it('because a port is taken, says so and leaves nothing', async () => {
    await leavesNothing(async () => {
      const port = `127.0.0.1:${taken}:80`;
      const result = await fixture.daemon.docker([
        'run',
        '--rm',
        '-p',
        port,
        fixture.image('busybox'),
        'true',
      ]);
      assert.match(
        result.stderr,
        new RegExp(`Bind for 127\\.0\\.0\\.1:${taken} failed: port is already allocated`),
      );
      assert.equal(result.code, 125);
    });
  });

  it('keeps the reason with a container that stays, and leaves nothing else', async () => {
    const { docker } = fixture.daemon;
    const shared = [
      '--ipc',
      'shareable',
      '--mount',
      `type=image,source=${fixture.image('busybox')},target=/img`,
    ];
    await leavesNothing(async () => {
      const failed = await docker(['run', '--name', 'stays', ...shared, fixture.image('busybox'), 'nope']);
      assert.equal(failed.code, 127);
      const state = await docker.ok([
        'inspect',
        '-f',
        '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}',
        'stays',
      ]);
      assert.match(state, /^created 127 .*executable file not found/);
      await docker.ok(['rm', 'stays']);
    });
  });

  /** Everything in the kernel and on disk is as before, a little later. */
  async function leavesNothing(work: () => Promise<void>): Promise<void> {
    const before = await traces();
    await work();
    await waitFor('nothing being left', async () => {
      const { descriptors, ...now } = await traces();
      const { descriptors: then, ...expected } = before;
      assert.deepEqual(now, expected);
      // Connections of earlier requests may be closed by now.
      assert.ok(descriptors <= then, `${descriptors - then} descriptors more`);
      return true;
    });
  }

  const traces = (): Promise<Traces> => tracesOf(fixture.daemon);
});
