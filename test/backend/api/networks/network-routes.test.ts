import assert from 'node:assert/strict';
import { networkRoutes } from '../../../../backend/api/networks/network-routes.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { callApi, type ApiReply } from '../../../support/api-client.ts';
import { serveRoutes } from '../../../support/fakes/api-socket.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';
import { networkRequest, range } from '../../engine/networks/network-request.ts';

type Call = (method: string, path: string, body?: unknown) => Promise<ApiReply>;

async function withApi(work: (engine: FakeEngine, call: Call) => Promise<void>): Promise<void> {
  await using engine = await makeEngine();
  await using api = await serveRoutes(networkRoutes(engine.context));
  await work(engine, (method, path, body) => callApi(api.path, `/v1.51${path}`, { method, body }));
}

const filtered = (filters: object): string =>
  `/networks?filters=${encodeURIComponent(JSON.stringify(filters))}`;

describe('GET /networks', () => {
  const cases: [filters: object, names: string[]][] = [
    [{}, ['bridge', 'host', 'none', 'app', 'other']],
    [{ name: ['app', 'host'] }, ['host', 'app']],
    [{ name: ['^o.*r$'] }, ['other']],
    [{ id: ['ap'] }, ['app']],
    [{ driver: ['null', 'host'] }, ['host', 'none']],
    [{ type: ['builtin'] }, ['bridge', 'host', 'none']],
    [{ type: ['custom'] }, ['app', 'other']],
    [{ label: ['team'] }, ['app']],
    [{ label: ['team=b'] }, []],
    [{ scope: ['local'] }, ['bridge', 'host', 'none', 'app', 'other']],
    [{ scope: ['swarm'] }, []],
    [{ dangling: ['true'] }, ['other']],
    [{ dangling: ['0'] }, ['bridge', 'host', 'none', 'app']],
    [{ type: ['custom'], dangling: ['1'] }, ['other']],
  ];
  for (const [filters, names] of cases) {
    it(`shows ${names.join(', ') || 'nothing'} for ${JSON.stringify(filters)}`, () =>
      withApi(async (engine, call) => {
        await engine.networks.create(networkRequest('app', { labels: { team: 'a' } }));
        await engine.networks.create(networkRequest('other'));
        const { id } = await makeContainer(engine, { host: { networkMode: 'app' } });
        await startContainer(engine.context, id);
        const reply = await call('GET', filtered(filters));
        assert.deepEqual(
          (reply.json() as { Name: string }[]).map(({ Name }) => Name),
          names,
        );
      }));
  }

  const refused: [filters: object, words: RegExp][] = [
    [{ colour: ['red'] }, /invalid filter 'colour'/],
    [{ type: ['odd'] }, /invalid filter: 'type'='odd'/],
    [{ dangling: ['maybe'] }, /invalid value for filter 'dangling'/],
    [{ dangling: ['1', '0'] }, /more than one value for filter key/],
  ];
  for (const [filters, words] of refused) {
    it(`refuses ${JSON.stringify(filters)}`, () =>
      withApi(async (_engine, call) => {
        const reply = await call('GET', filtered(filters));
        assert.equal(reply.status, 400);
        assert.match(reply.text, words);
      }));
  }
});

describe('GET /networks/{id}', () => {
  it('shows what a network is and who is in it', () =>
    withApi(async (engine, call) => {
      const ranges = [range('10.9.0.0/24', { gateway: '10.9.0.1', auxAddresses: { printer: '10.9.0.5' } })];
      const ipam = { driver: '', options: {}, ranges };
      await engine.networks.create(networkRequest('app', { ipam, internal: true, enableIPv6: true }));
      const { id } = await makeContainer(engine, { name: 'web', host: { networkMode: 'app' } });
      await startContainer(engine.context, id);
      const reply = await call('GET', '/networks/app?verbose=true');
      assert.deepEqual(reply.json(), {
        Name: 'app',
        Id: 'app',
        Created: '',
        Scope: 'local',
        Driver: 'bridge',
        EnableIPv4: true,
        EnableIPv6: true,
        IPAM: {
          Driver: 'default',
          Options: null,
          Config: [
            { Subnet: '10.9.0.0/24', Gateway: '10.9.0.1', AuxiliaryAddresses: { printer: '10.9.0.5' } },
          ],
        },
        Internal: true,
        Attachable: false,
        Ingress: false,
        ConfigFrom: { Network: '' },
        ConfigOnly: false,
        Containers: {
          [id]: {
            Name: 'web',
            EndpointID: `endpoint-0-sandbox-${id}`,
            MacAddress: '02:00:00:00:00:02',
            IPv4Address: '10.0.0.2/24',
            IPv6Address: '',
          },
        },
        Options: {},
        Labels: {},
      });
    }));

  it('finds nothing in the scope of swarms', () =>
    withApi(async (_engine, call) => {
      assert.equal((await call('GET', '/networks/bridge?scope=swarm')).status, 404);
      assert.equal((await call('GET', '/networks/bridge?scope=local')).status, 200);
      assert.equal((await call('GET', '/networks/nope')).text, '{"message":"network nope not found"}\n');
    }));
});

describe('POST /networks/create', () => {
  it('answers with the id and an empty warning, and does not care for CheckDuplicate', () =>
    withApi(async (engine, call) => {
      const body = { Name: 'app', CheckDuplicate: false, Options: { a: 'b' }, Labels: { c: 'd' } };
      const reply = await call('POST', '/networks/create', body);
      assert.deepEqual([reply.status, reply.json()], [201, { Id: 'app', Warning: '' }]);
      const { options, labels, enableIPv4, enableIPv6 } = engine.networks.get('app');
      assert.deepEqual([options, labels, enableIPv4, enableIPv6], [{ a: 'b' }, { c: 'd' }, true, false]);
      assert.equal((await call('POST', '/networks/create', body)).status, 409);
    }));

  const refused: [body: unknown, status: number, words: RegExp][] = [
    [undefined, 400, /a JSON body with the field Name is required/],
    [{}, 400, /Name: a name is required/],
    [{ Name: 'bad', Ingress: true }, 503, /not a swarm manager/],
    [{ Name: 'bad', Scope: 'swarm' }, 503, /not a swarm manager/],
    [{ Name: 'bad', Scope: 'odd' }, 400, /invalid field Scope: odd: expected local/],
    [{ Name: 'bad', ConfigOnly: true }, 501, /ConfigOnly/],
    [{ Name: 'bad', ConfigFrom: { Network: 'x' } }, 501, /ConfigFrom/],
    [{ Name: 'bad', Internal: 'yes' }, 400, /Internal/],
    [{ Name: 'bad', Options: { 'com.docker.network.enable_ipv6': 'x' } }, 400, /is not a valid bool/],
  ];
  for (const [body, status, words] of refused) {
    it(`answers ${status} to ${JSON.stringify(body) ?? 'nothing'}`, () =>
      withApi(async (engine, call) => {
        const reply = await call('POST', '/networks/create', body);
        assert.equal(reply.status, status, reply.text);
        assert.match(reply.text, words);
        assert.equal(engine.networks.byName.size, 0);
      }));
  }
});

describe('connecting and disconnecting over the API', () => {
  it('takes the settings of the endpoint, and answers with no body', () =>
    withApi(async (engine, call) => {
      const ipam = { driver: '', options: {}, ranges: [range('10.9.0.0/24')] };
      await engine.networks.create(networkRequest('app', { ipam }));
      const { id, networks } = await makeContainer(engine);
      const EndpointConfig = { Aliases: ['db'], IPAMConfig: { IPv4Address: '10.9.0.5' }, GwPriority: 3 };
      const reply = await call('POST', '/networks/app/connect', { Container: id, EndpointConfig });
      assert.deepEqual([reply.status, reply.text], [200, '']);
      const { aliases, ipv4, gwPriority } = networks['app'] ?? {};
      assert.deepEqual([aliases, ipv4, gwPriority], [['db'], '10.9.0.5', 3]);
      assert.equal((await call('POST', '/networks/app/disconnect', { Container: id })).status, 200);
      assert.equal((await call('POST', '/networks/app/disconnect', { Container: id })).status, 500);
    }));

  it('misses what is not there', () =>
    withApi(async (engine, call) => {
      const { id } = await makeContainer(engine);
      assert.equal((await call('POST', '/networks/bridge/connect', {})).status, 400);
      assert.equal((await call('POST', '/networks/nope/connect', { Container: id })).status, 404);
      assert.equal((await call('POST', '/networks/bridge/connect', { Container: 'nope' })).status, 404);
    }));
});

describe('POST /networks/prune', () => {
  it('names what it removed, and nothing where there was nothing', () =>
    withApi(async (engine, call) => {
      await engine.networks.create(networkRequest('app'));
      assert.deepEqual((await call('POST', '/networks/prune')).json(), { NetworksDeleted: ['app'] });
      assert.deepEqual((await call('POST', '/networks/prune')).json(), { NetworksDeleted: null });
      const bad = await call('POST', `/networks/prune?filters=${encodeURIComponent('{"name":["x"]}')}`);
      assert.equal(bad.status, 400);
    }));
});
