import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';

const BYTES = 200_000_000;
const SCRIPT = `yes ${'0'.repeat(99)} | head -n 10000 > /dev/shm/megabyte; cat $(yes /dev/shm/megabyte | head -n 200)`;
const LIMIT = 32 * 1024;

describe('much output', function () {
  this.timeout(120_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const create = (name: string, ...options: string[]) =>
    ok(
      'create',
      '--name',
      name,
      '--network',
      'none',
      ...options,
      fixture.image('busybox'),
      'sh',
      '-c',
      SCRIPT,
    );
  /** Memory of the daemon's own in KiB. */
  const memory = async (): Promise<number> => {
    const status = await readFile(`/proc/${fixture.daemon.pid}/status`, 'utf8');
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]);
  };
  /** The most that it grows by while the work is done. */
  const growth = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await memory();
    let most = 0;
    const over = new AbortController();
    const watching = (async () => {
      while (!over.signal.aborted) {
        most = Math.max(most, (await memory()) - before);
        await sleep(50);
      }
    })();
    await work().finally(() => {
      over.abort();
    });
    await watching;
    return most;
  };
  const open = (head: string): Socket => {
    const socket = connect(fixture.daemon.socket);
    socket.pause();
    socket.write(`${head} HTTP/1.1\r\nHost: strata\r\n`);
    return socket;
  };
  const countAll = async (socket: Socket): Promise<number> => {
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.resume();
    await once(socket, 'end');
    return bytes;
  };

  it('waits for an attached client that does not read, and is then all there', async () => {
    // What only the first container costs is not what is measured.
    await ok('run', '--rm', fixture.image('busybox'), 'true');
    await create('unread');
    const socket = open('POST /containers/unread/attach?stream=1&stdout=1');
    socket.write('Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n');
    const grown = await growth(async () => {
      await sleep(300);
      await ok('start', 'unread');
      await sleep(3000);
    });
    assert.ok(grown < LIMIT, `grew by ${grown} KiB`);
    assert.ok((await countAll(socket)) > BYTES);
    assert.equal(await ok('wait', 'unread'), '0');
  });

  it('does not hold up a container that nobody is attached to, and none of it is lost', async () => {
    await create('alone');
    await ok('start', 'alone');
    assert.equal(await ok('wait', 'alone'), '0');
    const reading = open('GET /containers/alone/logs?stdout=1');
    reading.write('Connection: close\r\n\r\n');
    const bytes = await countAll(reading);
    // Each line with the eight bytes of its frame; the rest is HTTP's.
    assert.ok(bytes >= BYTES + (BYTES / 100) * 8 && bytes < BYTES * 1.09, String(bytes));
  });

  it('waits in the log for a client that does not read it', async () => {
    const socket = open('GET /containers/alone/logs?stdout=1');
    socket.write('\r\n');
    const grown = await growth(() => sleep(2000));
    socket.destroy();
    assert.ok(grown < LIMIT, `grew by ${grown} KiB`);
  });

  it('comes through docker logs as it was written', async () => {
    const { stdout } = await fixture.daemon.docker(['logs', '--tail', '100000', 'alone']);
    assert.equal(stdout, `${'0'.repeat(99)}\n`.repeat(100_000));
  });
});
