import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import packet, { type Answer, type DecodedPacket, type Question } from 'dns-packet';
import { Responder, type Transport } from '../../../../backend/network/dns/respond.ts';
import type { LiveSandbox } from '../../../../backend/network/sandboxes.ts';
import { contextOf, memberOf, sandboxOf } from './container-sandbox.ts';

const long = 'l'.repeat(63);
const web = memberOf({ network: 'front', names: ['web', 'Web.Example', 'both'], address: '10.0.0.2' });
const db = memberOf({ network: 'front', names: ['db', 'both'], address: '10.0.0.3', address6: 'fd00::3' });
const six = memberOf({ network: 'front', names: ['six', `${long}l`], address6: 'fd00::6' });
const other = memberOf({ network: 'back', names: ['web', 'only-back', 'six'], address: '10.1.0.2' });
const apart = memberOf({ network: 'apart', names: ['hidden'], address: '10.2.0.2' });
const inDefault = memberOf({ network: 'bridge', names: ['legacy'], address: '172.17.0.2' });
const crowd = Array.from({ length: 100 }, (_, index) =>
  memberOf({ network: 'front', names: ['crowd'], address: `10.0.1.${index}` }),
);
const context = contextOf([web, db, six, other, apart, inDefault, ...crowd]);

function responderOf(live: LiveSandbox): Responder {
  return new Responder(context, live, new AbortController().signal);
}

/** The container `web`, which is in the networks front, back and bridge. */
const live = sandboxOf(
  [
    {
      ...web,
      links: [
        { name: 'db', alias: 'Database' },
        { name: 'nobody', alias: 'lost' },
      ],
    },
    memberOf({ network: 'back', names: ['web'], address: '10.1.0.9' }),
    memberOf({ network: 'bridge', names: [], address: '172.17.0.3' }),
    memberOf({ network: 'gone', names: [], address: '10.9.0.3' }),
  ],
  {
    extraHosts: [
      'host.docker.internal:172.17.0.1',
      'v6host=fd00::99',
      'v6host:[fd00::98]',
      'DB:1.2.3.4',
      'bad:x',
    ],
  },
);
const responder = responderOf(live);

interface Ask {
  transport?: Transport;
  edns?: number;
  class?: Question['class'];
}

function extension(udpPayloadSize: number): Answer {
  const none = { flags: 0, ednsVersion: 0, extendedRcode: 0, flag_do: false, options: [] };
  return { type: 'OPT', name: '.', udpPayloadSize, ...none };
}

function query(name: string, type: string, { edns, class: kind }: Ask = {}): Buffer {
  return packet.encode({
    type: 'query',
    id: 4711,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type: type as 'A', class: kind ?? 'IN' }],
    additionals: edns === undefined ? [] : [extension(edns)],
  });
}

async function ask(name: string, type = 'A', options: Ask = {}, by = responder): Promise<DecodedPacket> {
  const answer = await by.respond(query(name, type, options), options.transport ?? 'udp');
  assert.ok(answer);
  return packet.decode(answer);
}

const dataOf = ({ answers = [] }: DecodedPacket): unknown[] =>
  answers.map((answer: Answer) => ('data' in answer ? answer.data : null));
const rcodeOf = ({ flags = 0 }: DecodedPacket): number => flags & 15;
async function addresses(name: string, type = 'A', by = responder): Promise<unknown> {
  const answer = await ask(name, type, {}, by);
  return rcodeOf(answer) === 0 ? dataOf(answer) : `rcode ${rcodeOf(answer)}`;
}

// Without name servers, what would be forwarded is SERVFAIL.
const FORWARDED = 'rcode 2';

describe('answers of the resolver', () => {
  it('answers with the question, its number, recursion and ten minutes', async () => {
    const answer = await ask('WeB.');
    assert.equal(answer.id, 4711);
    assert.equal(answer.type, 'response');
    assert.equal(answer.flag_rd, true);
    assert.equal(answer.flag_ra, true);
    assert.equal(answer.flag_tc, false);
    assert.equal(answer.flag_aa, false);
    assert.deepEqual(answer.questions, [{ name: 'WeB', type: 'A', class: 'IN' }]);
    assert.deepEqual(answer.answers, [
      { name: 'WeB', type: 'A', class: 'IN', ttl: 600, flush: false, data: '10.0.0.2' },
    ]);
    assert.deepEqual(answer.additionals, []);
  });

  it('knows both families, and says NODATA for the one that a container lacks', async () => {
    assert.deepEqual(await addresses('db', 'AAAA'), []);
    assert.deepEqual(await addresses('both', 'AAAA'), ['fd00::3']);
    assert.deepEqual(await addresses('web', 'AAAA'), []);
    assert.deepEqual(await addresses('six', 'AAAA'), ['fd00::6']);
  });

  it('says NODATA for other types of known names', async () => {
    for (const type of ['MX', 'TXT', 'ANY', 'SRV', 'SOA', 'HTTPS', 'CNAME'])
      assert.deepEqual(await addresses('web', type), [], type);
  });

  it('gives all addresses of a shared alias', async () => {
    const found = await addresses('both');
    assert.ok(Array.isArray(found));
    assert.deepEqual(found.toSorted(), ['10.0.0.2', '10.0.0.3']);
  });

  it('looks into the networks of the container in their order, and into no other', async () => {
    assert.deepEqual(await addresses('web'), ['10.0.0.2']);
    assert.deepEqual(await addresses('only-back'), ['10.1.0.2']);
    assert.deepEqual(await addresses('six'), ['10.1.0.2']);
    assert.equal(await addresses('hidden'), FORWARDED);
    assert.equal(await addresses('legacy'), FORWARDED);
    assert.equal(await addresses('nobody'), FORWARDED);
  });

  it('knows names with the name of their network behind them', async () => {
    assert.deepEqual(await addresses('web.back'), ['10.1.0.2']);
    assert.deepEqual(await addresses('WEB.Front.'), ['10.0.0.2']);
    assert.deepEqual(await addresses('web.example'), ['10.0.0.2']);
    assert.deepEqual(await addresses('web.example.front'), ['10.0.0.2']);
    assert.equal(await addresses('web.apart'), FORWARDED);
    assert.equal(await addresses('front'), FORWARDED);
    assert.equal(await addresses('web.front.front'), FORWARDED);
  });

  it('follows links, which name containers in their network', async () => {
    assert.deepEqual(await addresses('database'), ['10.0.0.3']);
    assert.deepEqual(await addresses('database', 'AAAA'), ['fd00::3']);
    assert.deepEqual(await addresses('database.front'), ['10.0.0.3']);
    assert.equal(await addresses('database.back'), FORWARDED);
    assert.equal(await addresses('lost'), FORWARDED);
  });

  it('gives what its user has added, before what containers are called', async () => {
    assert.deepEqual(await addresses('host.docker.internal'), ['172.17.0.1']);
    assert.deepEqual(await addresses('host.docker.internal', 'AAAA'), []);
    assert.deepEqual(await addresses('v6host', 'AAAA'), ['fd00::99', 'fd00::98']);
    assert.deepEqual(await addresses('db'), ['1.2.3.4']);
    assert.equal(await addresses('bad'), FORWARDED);
    assert.equal(await addresses('host'), FORWARDED);
  });

  it('names who has an address of either family', async () => {
    assert.deepEqual(await addresses('2.0.0.10.in-addr.arpa', 'PTR'), ['web.front']);
    assert.deepEqual(await addresses('2.1.0.10.IN-ADDR.arpa.', 'PTR'), ['crowd.front']);
    const reversed = `${'fd000000000000000000000000000006'.split('').toReversed().join('.')}.ip6.arpa`;
    assert.deepEqual(await addresses(reversed, 'PTR'), ['six.front']);
    assert.deepEqual(await addresses('2.0.0.10.in-addr.arpa', 'SOA'), []);
    assert.equal(await addresses('2.0.2.10.in-addr.arpa', 'PTR'), FORWARDED);
    assert.equal(await addresses('2.0.0.300.in-addr.arpa', 'PTR'), FORWARDED);
    assert.equal(await addresses('0.10.in-addr.arpa', 'PTR'), FORWARDED);
  });

  it('says that a datagram was too small, fills it with what fits, and gives all over TCP', async () => {
    const cut = await responder.respond(query('crowd', 'A'), 'udp');
    assert.ok(cut && cut.length <= 512);
    assert.equal(packet.decode(cut).flag_tc, true);
    assert.equal(packet.decode(cut).answers?.length, 30);
    const large = await ask('crowd', 'A', { edns: 4000 });
    assert.equal(large.flag_tc, false);
    assert.equal(large.answers?.length, 100);
    const small = await ask('crowd', 'A', { edns: 100 });
    assert.equal(small.answers?.length, 29);
    const whole = await ask('crowd', 'A', { transport: 'tcp' });
    assert.equal(whole.flag_tc, false);
    assert.equal(whole.answers?.length, 100);
  });

  it('answers the extension of the question with its own, and refuses versions that do not exist', async () => {
    const [extension] = (await ask('web', 'A', { edns: 4096 })).additionals ?? [];
    assert.ok(extension?.type === 'OPT');
    assert.equal(extension.udpPayloadSize, 1232);
    const message = query('web', 'A', { edns: 4096 });
    message[message.length - 5] = 1;
    const answer = packet.decode((await responder.respond(message, 'udp')) ?? Buffer.alloc(0));
    assert.equal(rcodeOf(answer), 0);
    assert.deepEqual(answer.answers, []);
    assert.ok(answer.additionals?.[0]?.type === 'OPT');
    assert.equal(answer.additionals[0].extendedRcode, 1);
  });

  it('refuses other classes and transfers of zones', async () => {
    assert.equal(rcodeOf(await ask('web', 'A', { class: 'HS' })), 5);
    assert.equal(rcodeOf(await ask('example.test', 'AXFR', { transport: 'tcp' })), 5);
    assert.equal(rcodeOf(await ask('version.bind', 'TXT', { class: 'CH' })), 2);
  });

  it('lets no question out of networks that are all internal', async () => {
    let asked = 0;
    const counting = contextOf(
      [],
      Object.assign(Object.create(context.nameServers), { ask: () => ((asked += 1), Promise.resolve()) }),
    );
    const inside = sandboxOf([memberOf({ network: 'back', names: [], address: '10.1.0.9', internal: true })]);
    const respond = (sandbox: LiveSandbox) =>
      new Responder(counting, sandbox, new AbortController().signal).respond(
        query('example.test', 'A'),
        'udp',
      );
    const answer = await respond(inside);
    assert.equal(rcodeOf(packet.decode(answer ?? Buffer.alloc(0))), 2);
    assert.equal(asked, 0);
    await respond(live);
    assert.equal(asked, 1);
  });

  it('sees at once what has changed', async () => {
    const changing = sandboxOf([memberOf({ network: 'front', names: [], address: '10.0.0.9' })]);
    const by = responderOf(changing);
    assert.equal(await addresses('only-back', 'A', by), FORWARDED);
    const back = memberOf({ network: 'back', names: [], address: '10.1.0.9' });
    changing.record = { ...changing.record, members: [...changing.record.members, back] };
    assert.deepEqual(await addresses('only-back', 'A', by), ['10.1.0.2']);
    changing.record = { ...changing.record, members: [], extraHosts: ['new:9.9.9.9'] };
    assert.equal(await addresses('only-back', 'A', by), FORWARDED);
    assert.deepEqual(await addresses('new', 'A', by), ['9.9.9.9']);
  });
});

describe('bad messages to the resolver', () => {
  const rcode = async (message: Buffer): Promise<number | null> => {
    const answer = await responder.respond(message, 'udp');
    if (!answer) return null;
    assert.deepEqual(answer.subarray(0, 2), message.subarray(0, 2));
    return (answer[3] ?? 0) & 15;
  };
  const header = (...words: number[]): Buffer =>
    Buffer.from(words.flatMap((word) => [word >> 8, word & 255]));

  it('drops what is no question', async () => {
    assert.equal(await rcode(Buffer.alloc(0)), null);
    assert.equal(await rcode(Buffer.alloc(11)), null);
    assert.equal(await rcode(header(7, 0x8100, 1, 0, 0, 0)), null);
  });

  it('says what is wrong with others', async () => {
    const question = [...Buffer.from('\x03web\0\0\x01\0\x01', 'latin1')];
    const message = (head: number[], ...rest: number[]) =>
      Buffer.concat([header(...head), Buffer.from(rest)]);
    assert.equal(await rcode(message([7, 0x0100, 1, 0, 0, 0], ...question)), 0);
    assert.equal(await rcode(message([7, 0x2900, 1, 0, 0, 0], ...question)), 4);
    assert.equal(await rcode(message([7, 0x0100, 0, 0, 0, 0])), 1);
    assert.equal(await rcode(message([7, 0x0100, 2, 0, 0, 0], ...question, ...question)), 1);
    assert.equal(await rcode(message([7, 0x0100, 1, 0, 0, 0])), 1);
    assert.equal(await rcode(message([7, 0x0100, 1, 0, 0, 0], ...question.slice(0, -1))), 1);
    assert.equal(await rcode(message([7, 0x0100, 1, 0, 0, 0], 0xc0, 0x0c, 0, 1, 0, 1)), 1);
    assert.equal(await rcode(message([7, 0x0100, 1, 0, 0, 0], 64, ...Buffer.alloc(64), 0, 0, 1, 0, 1)), 1);
    const label = [63, ...Buffer.alloc(63, 'x')];
    const tooLong = [...label, ...label, ...label, ...label, 0, 0, 1, 0, 1];
    assert.equal(await rcode(message([7, 0x0100, 1, 0, 0, 0], ...tooLong)), 1);
    assert.equal(await rcode(message([7, 0x0100, 1, 0, 0, 1], ...question, 0, 0, 41, 16)), 1);
  });

  it('takes a dot inside of a label for no dot between two', async () => {
    const odd = Buffer.concat([
      header(7, 0x0100, 1, 0, 0, 0),
      Buffer.from('\x08web.back\0\0\x01\0\x01', 'latin1'),
    ]);
    assert.equal(await rcode(odd), 2);
  });

  it('throws for no bytes at all', async () => {
    const good = query('web', 'A', { edns: 1232 });
    for (let times = 0; times < 20_000; times += 1) {
      const bytes =
        times % 2 === 0
          ? randomBytes(randomInt(80))
          : Buffer.from(good.subarray(0, randomInt(good.length + 1)));
      for (let flips = randomInt(4); flips > 0 && bytes.length > 0; flips -= 1)
        bytes[randomInt(bytes.length)] = randomInt(256);
      const answer = responder.respond(bytes, times % 3 === 0 ? 'tcp' : 'udp');
      if (answer instanceof Promise) await answer;
    }
  });
});
