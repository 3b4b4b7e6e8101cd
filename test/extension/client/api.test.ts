import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ApiError, isNotFound } from '../../../extension/client/api-error.ts';
import { pathOf } from '../../../extension/client/api.ts';
import { demultiplex } from '../../../extension/client/demultiplex.ts';
import { pullImage } from '../../../extension/client/images.ts';
import { readNdjson } from '../../../extension/client/ndjson.ts';
import { answerJson, startEngineServer } from './engine-server.ts';

describe('the client of the engine', () => {
  it('sends requests one after the other over the same channel', async () => {
    await using engine = await startEngineServer((_request, response) => answerJson(response, { a: 1 }));
    for (let i = 0; i < 5; i += 1) {
      const got = await engine.api.json(z.object({ a: z.number() }), {
        path: '/x',
        query: { i, none: undefined },
      });
      assert.deepEqual(got, { a: 1 });
    }
    assert.equal(engine.channels, 1);
    assert.deepEqual(engine.requests.slice(0, 2), ['/x?i=0', '/x?i=1']);
  });

  it("hands on the engine's own words where it refuses", async () => {
    await using engine = await startEngineServer((_request, response) =>
      answerJson(response, { message: 'no such container: abc' }, 404),
    );
    await assert.rejects(engine.api.send({ path: '/containers/abc/json' }), (error: unknown) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.message, 'no such container: abc');
      return isNotFound(error);
    });
  });

  it('gives up on an engine that does not answer', async () => {
    await using engine = await startEngineServer(() => undefined);
    await assert.rejects(
      engine.api.send({ path: '/slow', timeoutMs: 50 }),
      /did not answer \/slow within 0 s|did not answer \/slow/,
    );
  });

  it('ends a request with its signal', async () => {
    await using engine = await startEngineServer(() => undefined);
    await assert.rejects(engine.api.send({ path: '/slow', signal: AbortSignal.timeout(50) }), /abort/i);
  });

  it('fails with the reason where no channel can be opened', async () => {
    const { createApi } = await import('../../../extension/client/api.ts');
    const api = createApi({ openApi: () => Promise.reject(new Error('the link is down')) });
    await assert.rejects(api.send({ path: '/x' }), /the link is down/);
  });

  it('takes over the connection for a terminal, also the bytes that came with the answer', async () => {
    await using engine = await startEngineServer(
      () => undefined,
      (_request, socket) => {
        socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly ');
        socket.pipe(socket);
      },
    );
    const stream = await engine.api.upgrade({ method: 'POST', path: '/exec/x/start', body: {} });
    stream.end('hello');
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    assert.match(Buffer.concat(chunks).toString(), /^early .*hello$/s);
  });

  it('tells why the engine did not take over the connection', async () => {
    await using engine = await startEngineServer(
      () => undefined,
      (_request, socket) => {
        const body = '{"message":"container is not running"}';
        socket.end(`HTTP/1.1 409 Conflict\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      },
    );
    await assert.rejects(
      engine.api.upgrade({ method: 'POST', path: '/exec/x/start' }),
      /container is not running/,
    );
  });

  it('finds the failure of a pull inside its stream', async () => {
    await using engine = await startEngineServer((_request, response) => {
      response.write('{"status":"Pulling from x","id":"1"}\r\n');
      response.end('{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}\r\n');
    });
    const seen: string[] = [];
    const pulling = pullImage(
      engine.api,
      'x:1',
      (line) => seen.push(line.status ?? ''),
      AbortSignal.timeout(5_000),
    );
    await assert.rejects(pulling, /manifest unknown/);
    assert.deepEqual(seen, ['Pulling from x']);
    assert.deepEqual(engine.requests, ['/images/create?fromImage=x&tag=1']);
  });

  it('keeps slashes and colons of image names and encodes what would end the path', () => {
    assert.equal(pathOf`/images/${'127.0.0.1:5000/a/b:1'}/json`, '/images/127.0.0.1:5000/a/b:1/json');
    assert.equal(pathOf`/images/${'a?b#c d'}/json`, '/images/a%3Fb%23c%20d/json');
  });
});

describe('streams of the engine', () => {
  it('reads JSON lines that are cut anywhere, also inside a character', async () => {
    const bytes = Buffer.from('{"a":"ä€"}\n\n{"a":"b"}\r\n{"a":"c"}');
    const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
    const values: unknown[] = [];
    for await (const value of readNdjson(Readable.from(pieces))) values.push(value);
    assert.deepEqual(values, [{ a: 'ä€' }, { a: 'b' }, { a: 'c' }]);
  });

  it('takes output apart into its two streams, wherever the frames are cut', async () => {
    const frame = (stream: number, text: string) => {
      const head = Buffer.alloc(8);
      head[0] = stream;
      head.writeUInt32BE(Buffer.byteLength(text), 4);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const all = Buffer.concat([frame(1, 'out'), frame(2, ''), frame(2, 'err'), frame(1, 'put')]);
    for (const size of [1, 3, 8, 1000]) {
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
        all.subarray(i * size, (i + 1) * size),
      );
      const got = { stdout: '', stderr: '' };
      for await (const { stream, bytes } of demultiplex(Readable.from(pieces)))
        got[stream] += bytes.toString();
      assert.deepEqual(got, { stdout: 'output', stderr: 'err' }, `pieces of ${size}`);
    }
  });
});
