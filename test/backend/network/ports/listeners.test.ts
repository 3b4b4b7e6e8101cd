import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { PortMapping } from '../../../../backend/network/networks.ts';
import { openPorts, type OpenPorts } from '../../../../backend/network/ports/open-ports.ts';
import { waitFor } from '../../../support/wait-for.ts';

const nobody = (): undefined => undefined;

describe('published ports', () => {
  let undo: AsyncDisposableStack;
  beforeEach(() => {
    undo = new AsyncDisposableStack();
  });
  afterEach(() => undo[Symbol.asyncDispose]());

  async function open(mapping: Partial<PortMapping>): Promise<OpenPorts & { port: number }> {
    const whole = {
      protocol: 'tcp',
      containerPort: 1,
      hostAddress: '127.0.0.1',
      hostPort: 0,
      ...mapping,
    } as const;
    const opened = await openPorts({ ports: [whole], target: () => '127.0.0.1', ownerOf: nobody });
    undo.defer(() => opened.close());
    return { ...opened, port: opened.ports[0]?.hostPort ?? 0 };
  }

  /** What stands for the program in the container. */
  async function container(onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      undo.defer(() => void socket.destroy());
      onSocket(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.defer(() => void server.close());
    const address = server.address();
    return { server, port: typeof address === 'object' && address ? address.port : 0 };
  }

  async function client(port: number): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    undo.defer(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  it('take the first free one of a range, and name it where none is free', async () => {
    const first = await container(() => undefined);
    const opened = await open({ hostPort: first.port, hostPortEnd: first.port + 9 });
    assert.ok(opened.port > first.port && opened.port < first.port + 10);
    assert.equal('hostPortEnd' in (opened.ports[0] ?? {}), false);
    const taken = open({ hostPort: first.port, hostPortEnd: opened.port });
    await assert.rejects(taken, { code: 'conflict', message: /:\d+ failed: port is already allocated/ });
  });

  it('carry an answer that comes after the end of the question', async () => {
    const { port: containerPort } = await container((socket) => {
      void text(socket).then((question) => socket.end(question.toUpperCase()));
    });
    const { port } = await open({ containerPort });
    const socket = await client(port);
    socket.end('question');
    assert.equal(await text(socket), 'QUESTION');
  });

  it('carry a question that goes on after the end of the answer', async () => {
    let heard: Promise<string> | undefined;
    const { port: containerPort } = await container((socket) => {
      heard = text(socket);
      socket.end('bye');
    });
    const { port } = await open({ containerPort });
    const socket = await client(port);
    assert.equal(await text(socket), 'bye');
    socket.end('still here');
    assert.equal(await heard, 'still here');
  });

  it('carry megabytes whole to a slow reader', async () => {
    const size = 8 * 1024 * 1024;
    const { port: containerPort } = await container((socket) => socket.end(Buffer.alloc(size, 7)));
    const { port } = await open({ containerPort });
    const socket = await client(port);
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    let got = 0;
    for await (const chunk of socket) got += (chunk as Buffer).length;
    assert.equal(got, size);
  });

  it('reset the client where the container is cut off or nobody listens', async () => {
    const { port: containerPort, server } = await container((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const { port } = await open({ containerPort });
    const cut = await client(port);
    cut.write('x');
    const [error] = (await once(cut, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
    server.close();
    await once(server, 'close');
    const refused = connect({ host: '127.0.0.1', port });
    const [refusal] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    assert.equal(refusal.code, 'ECONNRESET');
  });

  it('end every connection when they are closed, on both sides', async () => {
    const inside: Socket[] = [];
    const { port: containerPort } = await container((socket) => void inside.push(socket.resume()));
    const { port, close } = await open({ containerPort });
    const socket = await client(port);
    socket.resume();
    await waitFor('the connection', () => inside.length === 1);
    const ended = once(socket, 'end');
    const insideEnded = once(inside[0] ?? socket, 'end');
    await close();
    await close();
    await Promise.all([ended, insideEnded]);
    await assert.rejects(client(port), { code: 'ECONNREFUSED' });
  });

  it('answer each UDP client apart from the others', async () => {
    const server = createSocket('udp4', (question, from) => {
      server.send(`${question.toString()}!`, from.port, from.address);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    undo.defer(() => void server.close());
    const { port } = await open({ protocol: 'udp', containerPort: server.address().port });
    const ask = async (question: string): Promise<string> => {
      const socket = createSocket('udp4');
      try {
        socket.send(question, port, '127.0.0.1');
        const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(3_000) })) as [Buffer];
        return answer.toString();
      } finally {
        socket.close();
      }
    };
    assert.deepEqual(await Promise.all([ask('a'), ask('b'), ask('c')]), ['a!', 'b!', 'c!']);
  });

  it('are all closed again when one of them is taken, and the process that has it is named', async () => {
    const { port: taken } = await container(() => undefined);
    const { port: free, close } = await open({});
    await close();
    const mapping = { protocol: 'tcp', containerPort: 1, hostAddress: '127.0.0.1' } as const;
    await assert.rejects(
      openPorts({
        ports: [
          { ...mapping, hostPort: free },
          { ...mapping, hostPort: taken },
        ],
        target: () => '127.0.0.1',
        ownerOf: nobody,
      }),
      { code: 'conflict', message: new RegExp(`127\\.0\\.0\\.1:${taken} failed.*\\(pid ${process.pid}\\)`) },
    );
    await open({ hostPort: free });
  });

  for (const [what, mapping] of Object.entries({
    'a name instead of an address': { hostAddress: 'localhost' },
    'an address of another machine': { hostAddress: '203.0.113.1' },
    'host port 65536': { hostPort: 65_536 },
    'container port 0': { containerPort: 0 },
  })) {
    it(`refuse ${what}`, () => assert.rejects(open(mapping), { code: 'invalid-argument' }));
  }
});
