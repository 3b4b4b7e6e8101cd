import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import packet from 'dns-packet';
import { openSocketPair, type SocketPair } from '../../../../backend/linux/namespace-sockets.ts';
import { Frames, writeFrame } from '../../../../backend/network/dns/frames.ts';
import { NameServers } from '../../../../backend/network/dns/name-servers.ts';
import { Responder } from '../../../../backend/network/dns/respond.ts';
import { serveTcp } from '../../../../backend/network/dns/serve-tcp.ts';
import { startResolver } from '../../../../backend/network/dns/start-resolver.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { contextOf, memberOf, sandboxOf } from './container-sandbox.ts';
import { answerTo, startNameServer } from './fake-name-server.ts';

const member = memberOf({ network: 'front', names: ['web'], address: '10.0.0.2' });
const question = (id: number, name = 'web'): Buffer =>
  packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ name, type: 'A' }] });

describe('the sockets of a resolver', () => {
  let sockets: SocketPair;
  let undo: AsyncDisposableStack;
  beforeEach(() => {
    undo = new AsyncDisposableStack();
    sockets = openSocketPair('127.0.0.1', 0);
  });
  afterEach(() => undo[Symbol.asyncDispose]());

  function start(nameServers?: NameServers, servers: string[] = []) {
    const live = sandboxOf([member], { dns: { servers, search: [], options: [] } });
    startResolver(contextOf([member], nameServers), live, sockets);
    undo.defer(() => live.resolver?.close());
    return live;
  }

  async function connected(): Promise<Socket> {
    const socket = connect(sockets.port, '127.0.0.1');
    undo.defer(() => void socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** Collects the numbers of the answers. */
  function numbersFrom(socket: Socket): number[] {
    const frames = new Frames();
    const numbers: number[] = [];
    socket.on('data', (chunk: Buffer) => {
      for (const message of frames.push(chunk)) numbers.push(message.readUInt16BE(0));
    });
    return numbers;
  }

  it('answer over UDP and remember their port', async () => {
    const live = start();
    assert.equal(live.record.resolverPort, sockets.port);
    const client = createSocket('udp4');
    undo.defer(() => void client.close());
    client.send(question(7), sockets.port, '127.0.0.1');
    const [answer] = (await once(client, 'message')) as [Buffer];
    assert.equal(packet.decode(answer).answers?.length, 1);
  });

  it('answer many questions of one TCP connection, however they are cut into pieces', async () => {
    start();
    const socket = await connected();
    const numbers = numbersFrom(socket);
    const bytes = Buffer.concat(Array.from({ length: 300 }, (_, id) => writeFrame(question(id))));
    socket.setNoDelay(true);
    for (let at = 0; at < bytes.length; at += 1001) {
      socket.write(bytes.subarray(at, at + 1001));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor('answers', () => numbers.length === 300);
    assert.deepEqual(
      numbers,
      Array.from({ length: 300 }, (_, id) => id),
    );
  });

  it('let known names overtake those that are still asked for', async () => {
    await using server = await startNameServer((asked) => answerTo(asked, ['192.0.2.1']));
    start(new NameServers({ port: server.port }), [server.address]);
    const socket = await connected();
    const numbers = numbersFrom(socket);
    socket.write(Buffer.concat([writeFrame(question(1, 'far.test')), writeFrame(question(2))]));
    await waitFor('answers', () => numbers.length === 2);
    assert.deepEqual(numbers, [2, 1]);
    assert.equal(server.asked[0]?.transport, 'tcp');
  });

  it('close a connection that says nothing, and those beyond a limit', async () => {
    start()?.resolver?.close();
    sockets = openSocketPair('127.0.0.1', 0);
    const responder = new Responder(contextOf([member]), sandboxOf([member]), new AbortController().signal);
    undo.defer(serveTcp(sockets.tcpFd, responder, { idle: 100, most: 2 }));
    const [first, second, third] = [await connected(), await connected(), await connected()];
    await once(third, 'close');
    assert.equal(first.destroyed || second.destroyed, false);
    await Promise.all([once(first, 'close'), once(second, 'close')]);
  });

  it('close at once with their connections, and a second time without a word', async () => {
    const live = start();
    const socket = await connected();
    const numbers = numbersFrom(socket);
    socket.write(writeFrame(question(1)));
    await waitFor('an answer', () => numbers.length === 1);
    const closed = once(socket, 'close');
    live.resolver?.close();
    live.resolver?.close();
    await closed;
    const again = openSocketPair('127.0.0.1', sockets.port);
    assert.equal(again.port, sockets.port);
    sockets = again;
    start();
    await connected();
  });

  it('leave no descriptor behind when they cannot be used', () => {
    const before = readdirSync('/proc/self/fd').length;
    const swapped = { port: sockets.port, udpFd: sockets.tcpFd, tcpFd: sockets.udpFd };
    assert.throws(() => startResolver(contextOf([]), sandboxOf([]), swapped), /fd/i);
    assert.equal(readdirSync('/proc/self/fd').length, before - 2);
  });
});
