import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { ConnectFailure } from '../../../extension/connection/failure.ts';
import { localWays } from '../../../extension/connection/local/local-ways.ts';
import { openLocalSocket } from '../../../extension/connection/local-socket.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

async function readAll(stream: Duplex): Promise<string> {
  let all = '';
  stream.on('data', (chunk: Buffer) => {
    all += chunk.toString();
  });
  await once(stream, 'end');
  return all;
}

describe('the local forwarded socket', () => {
  let dir: TempDir;
  let target: Server;
  let path: string;

  beforeEach(async () => {
    dir = await makeTempDir('s-');
    path = join(dir.path, 't.sock');
    target = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      void readAll(socket).then((all) => socket.end(`got ${all.length}`));
    });
    target.listen(path);
    await once(target, 'listening');
  });

  afterEach(async () => {
    target.close();
    await dir[Symbol.asyncDispose]();
  });

  it('lies in a directory of the user alone and has a short path', async () => {
    await using local = await openLocalSocket({
      open: () => localWays().openSocket(path),
      directory: dir.path,
    });
    assert.equal((await stat(dirname(local.path))).mode & 0o777, 0o700);
    assert.ok(local.path.startsWith(dir.path) && Buffer.byteLength(local.path) <= 103);
  });

  it('passes over a directory that would make the path too long', async () => {
    const long = join(dir.path, 'x'.repeat(100));
    await using local = await openLocalSocket({ open: () => localWays().openSocket(path), directory: long });
    assert.ok(Buffer.byteLength(local.path) <= 103);
  });

  it('answers a client that has ended its side', async () => {
    await using local = await openLocalSocket({ open: () => localWays().openSocket(path) });
    const client = createConnection({ path: local.path, allowHalfOpen: true });
    client.end('x'.repeat(300_000));
    assert.equal(await readAll(client), 'got 300000');
  });

  it('tells an HTTP client why there is no connection', async () => {
    const open = (): Promise<Duplex> =>
      Promise.reject(
        new ConnectFailure('not-connected', 'box is not connected at the moment', { action: 'retry' }),
      );
    await using local = await openLocalSocket({ open });
    const client = createConnection({ path: local.path });
    client.write('GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await readAll(client);
    assert.match(answer, /^HTTP\/1\.1 503 /);
    assert.match(answer, /\{"message":"box is not connected at the moment"\}$/);
  });

  it('ends its connections and takes the directory away', async () => {
    const local = await openLocalSocket({ open: () => localWays().openSocket(path) });
    const client = createConnection({ path: local.path });
    await once(client, 'connect');
    const closed = once(client, 'close');
    await local[Symbol.asyncDispose]();
    await closed;
    await assert.rejects(stat(dirname(local.path)), { code: 'ENOENT' });
  });
});
