import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container } from '../../../../backend/engine/containers/container.ts';
import type { EndpointSettings } from '../../../../backend/engine/containers/container-networks.ts';
import { renameContainer } from '../../../../backend/engine/containers/rename.ts';
import { NOTHING_SPECIAL } from '../../../../backend/engine/containers/sandbox.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { connectContainer } from '../../../../backend/engine/networks/connect-container.ts';
import { disconnectContainer } from '../../../../backend/engine/networks/disconnect-container.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';
import { networkRequest, range } from './network-request.ts';

async function engineWith(...networks: string[]): Promise<FakeEngine> {
  const engine = await makeEngine();
  for (const name of networks) await engine.networks.create(networkRequest(name));
  return engine;
}

async function running(engine: FakeEngine, networkMode: string): Promise<Container> {
  const container = await makeContainer(engine, { name: 'web', host: { networkMode } });
  await startContainer(engine.context, container.id);
  return container;
}

const connect = (
  { context }: FakeEngine,
  network: string,
  { id }: Container,
  settings: Partial<EndpointSettings> = {},
) => connectContainer(context, network, id, { ...NOTHING_SPECIAL, ...settings });

const hosts = ({ context }: FakeEngine, { id }: Container): Promise<string> =>
  readFile(join(context.layout.container(id), 'hosts'), 'utf8');

const members = ({ sandbox }: Container): string[] =>
  sandbox?.endpoints.map(({ networkName }) => networkName) ?? [];

describe('a running container', () => {
  it('joins and leaves networks at once, with its names and its line in /etc/hosts', async () => {
    await using engine = await engineWith('one', 'two');
    const web = await running(engine, 'one');
    await connect(engine, 'two', web, { aliases: ['www'] });
    assert.deepEqual(members(web), ['one', 'two']);
    assert.deepEqual(web.sandbox?.endpoints[1]?.dnsNames, ['web', 'www', web.id.slice(0, 12)]);
    assert.match(await hosts(engine, web), /^10\.0\.0\.2\t.*\n10\.0\.1\.2\t/m);
    await disconnectContainer(engine.context, 'two', 'web', { force: false });
    assert.deepEqual([members(web), Object.keys(web.networks)], [['one'], ['one']]);
    assert.doesNotMatch(await hosts(engine, web), /^10\.0\.1\.2/m);
  });

  it('asks the engine’s resolver as soon as it is in a network whose names that knows', async () => {
    await using engine = await engineWith('one');
    const web = await running(engine, 'bridge');
    const path = join(engine.context.layout.container(web.id), 'resolv.conf');
    const before = await readFile(path, 'utf8');
    await connect(engine, 'one', web);
    assert.match(await readFile(path, 'utf8'), /^nameserver 127\.0\.0\.11$/m);
    await disconnectContainer(engine.context, 'one', web.id, { force: false });
    assert.equal(await readFile(path, 'utf8'), before);
    await writeFile(path, 'nameserver 9.9.9.9\n');
    await connect(engine, 'one', web);
    assert.equal(await readFile(path, 'utf8'), 'nameserver 9.9.9.9\n');
  });

  it('keeps its networks in the record of the next daemon', async () => {
    await using engine = await engineWith('one', 'two');
    const { id } = await running(engine, 'one');
    await connectContainer(engine.context, 'two', id, { ...NOTHING_SPECIAL, ipv4: null, aliases: ['www'] });
    await using later = engine.restart();
    const again = later.context.containers.resolve(id);
    assert.deepEqual(again.networks['two']?.aliases, ['www']);
    assert.deepEqual(members(again), ['one', 'two']);
  });

  it('is told of with its id when it comes and goes', async () => {
    await using engine = await engineWith('one', 'two');
    const web = await running(engine, 'one');
    const seen: string[] = [];
    engine.context.events.subscribe(({ action, actor: { id, attributes } }) =>
      seen.push(`${action} ${id} ${attributes['container'] === web.id}`),
    );
    await connect(engine, 'two', web);
    await disconnectContainer(engine.context, 'one', web.id, { force: false });
    assert.deepEqual(seen, ['connect two true', 'disconnect one true']);
  });

  it('cannot join a network twice', async () => {
    await using engine = await engineWith('one');
    const web = await running(engine, 'one');
    await assert.rejects(connect(engine, 'one', web), {
      code: 'forbidden',
      message: 'endpoint with name web already exists in network one',
    });
  });

  it('cannot leave a network that it is not in', async () => {
    await using engine = await engineWith('one', 'two');
    const web = await running(engine, 'one');
    await assert.rejects(disconnectContainer(engine.context, 'two', web.id, { force: false }), {
      message: `container ${web.id} is not connected to network two`,
    });
  });

  it('cannot join the host’s network or none beside others', async () => {
    await using engine = await engineWith('one');
    const web = await running(engine, 'one');
    await assert.rejects(connect(engine, 'host', web), { message: /must be created in host network mode/ });
    await assert.rejects(connect(engine, 'none', web), { message: /private \(none\) mode/ });
  });

  it('of the host’s network can neither leave it nor join another', async () => {
    await using engine = await engineWith('one');
    const web = await running(engine, 'host');
    await assert.rejects(connect(engine, 'one', web), { message: /sharing network namespace/ });
    await assert.rejects(disconnectContainer(engine.context, 'host', web.id, { force: false }), {
      code: 'invalid-argument',
      message: /cannot disconnect container from host network/,
    });
  });

  it('answers to its new name when it is renamed', async () => {
    await using engine = await engineWith('one');
    const web = await running(engine, 'one');
    await renameContainer(engine.context, 'web', 'shop');
    assert.deepEqual(web.sandbox?.endpoints[0]?.dnsNames, ['shop', web.id.slice(0, 12)]);
  });

  it('that shares a namespace cannot join a network', async () => {
    await using engine = await engineWith('one');
    const web = await running(engine, 'one');
    const side = await makeContainer(engine, { host: { networkMode: `container:${web.id}` } });
    await startContainer(engine.context, side.id);
    assert.equal(side.sandbox, null);
    await assert.rejects(connect(engine, 'one', side), { message: /sharing network namespace/ });
  });
});

describe('a stopped container', () => {
  it('joins at its next start', async () => {
    await using engine = await engineWith('one', 'two');
    const web = await makeContainer(engine, { host: { networkMode: 'one' } });
    await connect(engine, 'two', web, { aliases: ['www'] });
    await connect(engine, 'two', web, { aliases: ['other'] });
    assert.equal(web.sandbox, null);
    await startContainer(engine.context, web.id);
    assert.deepEqual(members(web), ['one', 'two']);
    assert.deepEqual(web.networks['two']?.aliases, ['www']);
  });

  it('leaves in its record alone, and starts without a network where it left all', async () => {
    await using engine = await engineWith('one');
    const web = await makeContainer(engine, { host: { networkMode: 'one' } });
    await disconnectContainer(engine.context, 'one', web.id, { force: false });
    await startContainer(engine.context, web.id);
    assert.deepEqual(members(web), []);
    assert.notEqual(web.sandbox, null);
  });

  it('leaves a network that has gone, by force or because it does not run', async () => {
    await using engine = await engineWith('one');
    const web = await makeContainer(engine, { host: { networkMode: 'one' } });
    await engine.networks.remove('one');
    await disconnectContainer(engine.context, 'one', web.id, { force: false });
    assert.deepEqual(web.networks, {});
  });

  it('cannot start when its network has gone, and leaves nothing', async () => {
    await using engine = await engineWith('one');
    const web = await makeContainer(engine, { host: { networkMode: 'one' } });
    await engine.networks.remove('one');
    engine.networks.attachFunc = async ({ networks: [wanted] }) => {
      engine.networks.get(wanted?.network ?? '');
      throw new Error('the network was there');
    };
    await assert.rejects(startContainer(engine.context, web.id), {
      code: 'not-found',
      message: 'network one not found',
    });
    assert.equal(engine.snapshotter.mounted.size, 0);
    assert.equal(web.state.status, 'created');
  });
});

describe('a static address', () => {
  const inSubnet = { ranges: [range('10.9.0.0/24'), range('fd00:9::/64')], options: {}, driver: 'default' };

  it('is taken in a subnet that the user configured', async () => {
    await using engine = await makeEngine();
    await engine.networks.create(networkRequest('one', { ipam: inSubnet }));
    const web = await makeContainer(engine);
    await connect(engine, 'one', web, { ipv4: '10.9.0.7', ipv6: 'fd00:9::7' });
    assert.equal(web.networks['one']?.ipv4, '10.9.0.7');
  });

  const refused: [what: string, settings: Partial<EndpointSettings>, words: RegExp][] = [
    [
      'outside of it',
      { ipv4: '10.8.0.7' },
      /no configured subnet or ip-range contain the IP address 10\.8\.0\.7/,
    ],
    ['outside of it, of IPv6', { ipv6: 'fd00:8::7' }, /no configured subnet or ip-range contain/],
    ['that is none', { ipv4: '10.9.0.777' }, /invalid IPv4 address: 10\.9\.0\.777/],
    ['of the wrong family', { ipv6: '10.9.0.7' }, /invalid IPv6 address: 10\.9\.0\.7/],
    ['for a link that is none', { linkLocal: ['x'] }, /invalid link-local IP address: x/],
    ['of hardware that is none', { mac: '02:42' }, /invalid MAC address 02:42/],
    ['of hardware that means several', { mac: '01:42:00:00:00:01' }, /invalid MAC address/],
  ];
  for (const [what, settings, words] of refused) {
    it(`${what} is refused`, async () => {
      await using engine = await makeEngine();
      await engine.networks.create(networkRequest('one', { ipam: inSubnet }));
      const web = await makeContainer(engine);
      await assert.rejects(connect(engine, 'one', web, settings), {
        code: 'invalid-argument',
        message: words,
      });
      assert.deepEqual(Object.keys(web.networks), ['bridge']);
    });
  }

  it('is refused where the engine picked the subnet, and on the default bridge', async () => {
    await using engine = await makeEngine();
    const ipam = { ...inSubnet, ranges: [range('10.9.0.0/24', { picked: true })] };
    await engine.networks.create(networkRequest('one', { ipam }));
    const web = await makeContainer(engine, { host: { networkMode: 'none' } });
    await assert.rejects(connect(engine, 'one', web, { ipv4: '10.9.0.7' }), {
      message: /only when connecting to networks with user configured subnets/,
    });
    await assert.rejects(connect(engine, 'bridge', web, { ipv4: '172.17.0.9', aliases: ['a'] }), {
      message: /on user defined networks only\nnetwork-scoped alias is supported only/,
    });
  });
});
