import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createContainer as createWithWarnings } from '../../../../backend/engine/containers/create.ts';
import { linkEnvironment } from '../../../../backend/engine/containers/legacy-links.ts';
import { NOTHING_SPECIAL } from '../../../../backend/engine/containers/sandbox.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { createRequest, makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';
import { networkRequest } from './network-request.ts';

type Request = ReturnType<typeof createRequest>;

const createContainer = async (...args: Parameters<typeof createWithWarnings>) =>
  (await createWithWarnings(...args)).container;

function request(
  networkMode: string,
  networks: Request['networks'],
  more: Parameters<typeof createRequest>[0] = {},
) {
  return { ...createRequest({ ...more, host: { networkMode, ...more.host } }), networks };
}

describe('the networks of a new container', () => {
  it('are the default bridge where nothing is said', async () => {
    await using engine = await makeEngine();
    for (const mode of ['', 'default']) {
      const { networks, hostConfig } = await createContainer(engine.context, request(mode, {}));
      assert.deepEqual([Object.keys(networks), hostConfig.networkMode], [['bridge'], 'bridge']);
    }
  });

  it('are that of the mode, by name or id, for clients that send no more', async () => {
    await using engine = await makeEngine();
    await engine.networks.create(networkRequest('app'));
    const { networks } = await createContainer(engine.context, request('app', {}));
    assert.equal(networks['app']?.networkId, 'app');
  });

  it('are several, that of the mode first', async () => {
    await using engine = await makeEngine();
    for (const name of ['aa', 'zz']) await engine.networks.create(networkRequest(name));
    const endpoints = { aa: NOTHING_SPECIAL, zz: { ...NOTHING_SPECIAL, aliases: ['db'] } };
    const container = await createContainer(engine.context, request('zz', endpoints));
    assert.deepEqual(Object.keys(container.networks), ['zz', 'aa']);
    await startContainer(engine.context, container.id);
    assert.deepEqual(
      container.sandbox?.endpoints.map(({ networkName, dnsNames }) => [networkName, dnsNames[1]]),
      [
        ['zz', 'db'],
        ['aa', container.id.slice(0, 12)],
      ],
    );
  });

  it('may be missing until the start', async () => {
    await using engine = await makeEngine();
    const { networks } = await createContainer(engine.context, request('later', {}));
    assert.equal(networks['later']?.networkId, '');
  });

  it('are named where their settings do not fit, and nothing is made', async () => {
    await using engine = await makeEngine();
    const endpoints = { bridge: { ...NOTHING_SPECIAL, aliases: ['db'] } };
    await assert.rejects(createContainer(engine.context, request('bridge', endpoints)), {
      code: 'invalid-argument',
      message:
        'invalid config for network bridge: invalid endpoint settings:\nnetwork-scoped alias is supported only for containers in user defined networks',
    });
    assert.deepEqual([engine.context.containers.all(), engine.snapshotter.prepared.size], [[], 0]);
  });

  it('are none of its own in the namespace of another container, which has to run', async () => {
    await using engine = await makeEngine();
    const web = await makeContainer(engine, { name: 'web', hostname: 'www' });
    const side = await createContainer(engine.context, request('container:web', {}));
    assert.deepEqual(side.networks, {});
    await assert.rejects(startContainer(engine.context, side.id), {
      code: 'conflict',
      message: 'cannot join network namespace of a non running container: container web is created',
    });
    await startContainer(engine.context, web.id);
    await startContainer(engine.context, side.id);
    assert.deepEqual([side.sandbox, side.config.hostname], [null, 'www']);
  });

  const conflicts: [what: string, more: Parameters<typeof createRequest>[0], words: RegExp][] = [
    [
      'published ports',
      { host: { publishAllPorts: true } },
      /port publishing and the container type network/,
    ],
    ['exposed ports', { exposedPorts: ['80/tcp'] }, /port exposing and the container type network/],
    ['a hostname', { hostname: 'x' }, /hostname and the network mode/],
    ['resolvers', { host: { dns: ['1.1.1.1'] } }, /dns and the network mode/],
    ['hosts', { host: { extraHosts: ['a:1.1.1.1'] } }, /custom host-to-IP mapping and the network mode/],
    ['links', { host: { links: ['a:b'] } }, /container type network can't be used with links/],
  ];
  for (const [what, more, words] of conflicts) {
    it(`do not go with ${what} in the namespace of another container`, async () => {
      await using engine = await makeEngine();
      await assert.rejects(createContainer(engine.context, request('container:web', {}, more)), {
        code: 'invalid-argument',
        message: words,
      });
    });
  }

  it('cannot be others beside the host’s', async () => {
    await using engine = await makeEngine();
    const endpoints = { host: NOTHING_SPECIAL, bridge: NOTHING_SPECIAL };
    await assert.rejects(createContainer(engine.context, request('host', endpoints)), {
      code: 'invalid-argument',
    });
  });

  it('publish nothing in the host’s network', async () => {
    await using engine = await makeEngine();
    const host = { portBindings: { '80/tcp': [{ hostIp: '', hostPort: '8080' }] } };
    const { id, sandbox } = await createContainer(engine.context, request('host', {}, { host }));
    assert.equal(sandbox, null);
    await startContainer(engine.context, id);
    assert.deepEqual(engine.context.containers.resolve(id).sandbox?.ports, []);
  });
});

describe('a legacy link', () => {
  it('gives names and variables of a running container on the default bridge', async () => {
    await using engine = await makeEngine();
    const db = await makeContainer(engine, {
      name: 'db',
      hostname: 'dbhost',
      exposedPorts: ['5432/tcp'],
      env: ['SECRET=1', 'PATH=/x'],
    });
    const web = await makeContainer(engine, { name: 'web', host: { links: ['db:my-db'] } });
    await assert.rejects(startContainer(engine.context, web.id), {
      message: 'Cannot link to a non running container: /db AS my-db',
    });
    await startContainer(engine.context, db.id);
    await startContainer(engine.context, web.id);
    const text = await readFile(`${engine.context.layout.container(web.id)}/hosts`, 'utf8');
    for (const name of ['my-db', 'dbhost', 'db'])
      assert.match(text, new RegExp(`^10\\.0\\.0\\.2\t${name}$`, 'm'));
    assert.deepEqual(linkEnvironment(engine.context, web), [
      'MY_DB_PORT=tcp://10.0.0.2:5432',
      'MY_DB_PORT_5432_TCP=tcp://10.0.0.2:5432',
      'MY_DB_PORT_5432_TCP_ADDR=10.0.0.2',
      'MY_DB_PORT_5432_TCP_PORT=5432',
      'MY_DB_PORT_5432_TCP_PROTO=tcp',
      'MY_DB_NAME=/web/my-db',
      'MY_DB_ENV_SECRET=1',
    ]);
  });

  it('to a container that is not there is refused at creation', async () => {
    await using engine = await makeEngine();
    await assert.rejects(makeContainer(engine, { host: { links: ['nope:x'] } }), {
      code: 'invalid-argument',
      message: 'could not get container for nope: No such container: nope',
    });
  });
});
