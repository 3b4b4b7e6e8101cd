import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import packet, { type DecodedPacket } from 'dns-packet';
import { NameServers } from '../../../../backend/network/dns/name-servers.ts';
import { Responder, type Transport } from '../../../../backend/network/dns/respond.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { contextOf, memberOf, sandboxOf } from './container-sandbox.ts';
import { answerTo, startNameServer, type Asked, type Behaviour } from './fake-name-server.ts';

const member = memberOf({ network: 'front', names: ['web'], address: '10.0.0.2' });
const TIMEOUT = 400;

const says =
  (address: string): Behaviour =>
  (asked) =>
    answerTo(asked, [address]);
const fails =
  (rcode: number): Behaviour =>
  (asked) =>
    answerTo(asked, [], { rcode });
const silent: Behaviour = () => null;

/** Asks through a resolver whose container has these servers as its own. */
function asker(port: number, servers: string[], abandon = new AbortController()) {
  const nameServers = new NameServers({
    port,
    timeout: TIMEOUT,
    paths: { main: '/none', behindStub: '/none' },
  });
  const live = sandboxOf([member], { dns: { servers, search: [], options: [] } });
  const responder = new Responder(contextOf([member], nameServers), live, abandon.signal);
  return async (name: string, transport: Transport = 'udp'): Promise<DecodedPacket> => {
    const answer = await responder.respond(
      packet.encode({
        type: 'query',
        id: 99,
        flags: packet.RECURSION_DESIRED,
        questions: [{ name, type: 'A' }],
      }),
      transport,
    );
    assert.ok(answer);
    assert.equal(answer.readUInt16BE(0), 99);
    return packet.decode(answer);
  };
}

const addressesOf = ({ answers = [] }: DecodedPacket): unknown[] =>
  answers.map((answer) => ('data' in answer ? answer.data : null));
const rcodeOf = ({ flags = 0 }: DecodedPacket): number => flags & 15;

describe('forwarding of names that no container has', () => {
  it('passes the question on and the answer back', async () => {
    await using server = await startNameServer(says('192.0.2.1'));
    const answer = await asker(server.port, [server.address])('one');
    assert.deepEqual(addressesOf(answer), ['192.0.2.1']);
    assert.deepEqual(
      server.asked.map(({ transport, question }) => [transport, question.questions?.[0]?.name]),
      [['udp', 'one']],
    );
  });

  it('asks each time from another port with another number', async () => {
    await using server = await startNameServer(says('192.0.2.1'));
    const ask = asker(server.port, [server.address]);
    await Promise.all(Array.from({ length: 50 }, (_, index) => ask(`name${index}.test`)));
    assert.equal(new Set(server.asked.map(({ port }) => port)).size, 50);
    const numbers = server.asked.map(({ question }) => question.id ?? 0);
    assert.ok(new Set(numbers).size > 45);
    assert.ok(
      numbers.some((number, index) => index > 0 && Math.abs(number - (numbers[index - 1] ?? 0)) > 100),
    );
  });

  it('passes on that a name does not exist, without asking anybody else', async () => {
    await using first = await startNameServer(fails(3));
    await using second = await startNameServer(says('192.0.2.2'), { address: '127.0.0.2', port: first.port });
    const answer = await asker(first.port, [first.address, second.address])('nowhere.test');
    assert.equal(rcodeOf(answer), 3);
    assert.equal(second.asked.length, 0);
  });

  for (const [what, behaviour] of [
    ['is silent', silent],
    ['fails', fails(2)],
    ['refuses', fails(5)],
  ] as const) {
    it(`asks the next server where one ${what}`, async () => {
      await using first = await startNameServer(behaviour);
      await using second = await startNameServer(says('192.0.2.2'), {
        address: '127.0.0.2',
        port: first.port,
      });
      const answer = await asker(first.port, [first.address, second.address])('one.test');
      assert.deepEqual(addressesOf(answer), ['192.0.2.2']);
    });
  }

  it('loses no time with a machine where no server runs', async () => {
    await using server = await startNameServer(says('192.0.2.2'));
    const began = performance.now();
    const answer = await asker(server.port, ['127.0.0.3', '::1', server.address])('one.test');
    assert.deepEqual(addressesOf(answer), ['192.0.2.2']);
    assert.ok(performance.now() - began < 2 * TIMEOUT);
  });

  it('says SERVFAIL where nobody answers, and where there is nobody to ask', async () => {
    await using server = await startNameServer(silent);
    assert.equal(rcodeOf(await asker(server.port, [server.address])('one.test')), 2);
    assert.equal(rcodeOf(await asker(server.port, [])('one.test')), 2);
  });

  it('takes no answer with another number or to another question', async () => {
    const forge: Behaviour = (asked) => {
      const { question } = asked;
      const elsewhere: Asked = {
        ...asked,
        question: { ...question, questions: [{ name: 'other.test', type: 'A' }] },
      };
      return [
        answerTo(asked, ['203.0.113.1'], { id: ((question.id ?? 0) + 1) % 0x10000 }),
        answerTo(elsewhere, ['203.0.113.2'], { id: question.id ?? 0 }),
        packet.encode({ ...question, type: 'query' }),
        Buffer.from('x'),
        answerTo(asked, ['192.0.2.3']),
      ];
    };
    await using server = await startNameServer(forge);
    assert.deepEqual(addressesOf(await asker(server.port, [server.address])('one.test')), ['192.0.2.3']);
  });

  it('takes an answer that spells the name in other case', async () => {
    const lower: Behaviour = (asked) => {
      const questions = [{ name: 'one.test', type: 'A' } as const];
      return answerTo({ ...asked, question: { ...asked.question, questions } }, ['192.0.2.4']);
    };
    await using server = await startNameServer(lower);
    assert.deepEqual(addressesOf(await asker(server.port, [server.address])('One.TEST')), ['192.0.2.4']);
  });

  it('passes on that an answer was cut off, and asks over TCP who asks over TCP', async () => {
    const many = Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`);
    const cutting: Behaviour = (asked) =>
      asked.transport === 'udp' ? answerTo(asked, [], { cut: true }) : answerTo(asked, many);
    await using server = await startNameServer(cutting);
    const ask = asker(server.port, [server.address]);
    assert.equal((await ask('many.test')).flag_tc, true);
    assert.deepEqual(addressesOf(await ask('many.test', 'tcp')), many);
    assert.deepEqual(
      server.asked.map(({ transport }) => transport),
      ['udp', 'tcp'],
    );
  });

  it('cuts an answer off that is larger than who asks can take', async () => {
    const many = Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`);
    await using server = await startNameServer((asked) => answerTo(asked, many));
    const answer = await asker(server.port, [server.address])('many.test');
    assert.equal(answer.flag_tc, true);
    assert.deepEqual(answer.answers, []);
  });

  it('has at most 1024 questions under way, and answers the others with SERVFAIL at once', async () => {
    await using server = await startNameServer(silent);
    const abandon = new AbortController();
    const ask = asker(server.port, [server.address], abandon);
    const warnings: Error[] = [];
    const collect = (warning: Error): number => warnings.push(warning);
    process.on('warning', collect);
    let early = 0;
    const all = Array.from({ length: 1100 }, async () => {
      assert.equal(rcodeOf(await ask('one.test')), 2);
      if (!abandon.signal.aborted) early += 1;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(early, 76);
    abandon.abort();
    await Promise.all(all);
    process.off('warning', collect);
    assert.deepEqual(warnings, []);
  });
});

describe('the name servers of the host', () => {
  async function hostWith(main: string, behindStub?: string) {
    const temp = await makeTempDir('strata-resolv-');
    const paths = { main: join(temp.path, 'resolv.conf'), behindStub: join(temp.path, 'behind.conf') };
    await writeFile(paths.main, main);
    if (behindStub !== undefined) await writeFile(paths.behindStub, behindStub);
    const nameServers = new NameServers({ paths });
    const addresses = (): string[] => nameServers.servers().map(({ address }) => address);
    return { paths, nameServers, addresses, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  }

  it('are those of its resolv.conf, loopback and IPv6 too', async () => {
    const text =
      '# of\nnameserver 127.0.0.1\n nameserver\t192.0.2.1 # one\nnameserver fe80::1%eth0\nnameserver x\nsearch a\n';
    await using host = await hostWith(text, 'nameserver 192.0.2.9\n');
    assert.deepEqual(host.addresses(), ['127.0.0.1', '192.0.2.1', 'fe80::1%eth0']);
    assert.deepEqual(host.nameServers.servers()[0], { address: '127.0.0.1', port: 53 });
  });

  it('are those behind the stub of systemd-resolved', async () => {
    await using host = await hostWith('nameserver 127.0.0.53\noptions edns0\n', 'nameserver 192.0.2.9\n');
    assert.deepEqual(host.addresses(), ['192.0.2.9']);
  });

  it('are the stub itself where nothing is said of what is behind it', async () => {
    await using host = await hostWith('nameserver 127.0.0.53\n');
    assert.deepEqual(host.addresses(), ['127.0.0.53']);
  });

  it('are read again when their file has changed, a second later at most', async () => {
    await using host = await hostWith('nameserver 192.0.2.1\n');
    assert.deepEqual(host.addresses(), ['192.0.2.1']);
    await writeFile(host.paths.main, 'nameserver 192.0.2.22\n');
    assert.deepEqual(host.addresses(), ['192.0.2.1']);
    await new Promise((resolve) => setTimeout(resolve, 1010));
    assert.deepEqual(host.addresses(), ['192.0.2.22']);
  });

  it('are none without a file', () => {
    const nameServers = new NameServers({ paths: { main: '/none/at/all', behindStub: '/none' } });
    assert.deepEqual(nameServers.servers(), []);
  });
});
