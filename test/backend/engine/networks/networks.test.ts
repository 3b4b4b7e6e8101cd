import assert from 'node:assert/strict';
import { conflict } from '../../../../backend/base/errors.ts';
import { createNetwork } from '../../../../backend/engine/networks/create-network.ts';
import { pruneNetworks } from '../../../../backend/engine/networks/prune-networks.ts';
import { removeNetwork } from '../../../../backend/engine/networks/remove-network.ts';
import { startContainer } from '../../../../backend/engine/containers/start.ts';
import { makeContainer, makeEngine, type FakeEngine } from '../../../support/fakes/fake-engine.ts';
import { networkRequest } from './network-request.ts';

/** Told from now on: `action name type`. */
function networkEvents({ context }: FakeEngine): string[] {
  const seen: string[] = [];
  context.events.subscribe(({ type, action, actor: { attributes } }) => {
    if (type === 'network') seen.push(`${action} ${attributes['name']} ${attributes['type']}`);
  });
  return seen;
}

describe('networks', () => {
  it('are made and removed, and both is told', async () => {
    await using engine = await makeEngine();
    const events = networkEvents(engine);
    const { id, driver } = await createNetwork(engine.context, networkRequest('app', { driver: '' }));
    assert.equal(driver, 'bridge');
    await removeNetwork(engine.context, id);
    assert.equal(engine.networks.byName.size, 0);
    assert.deepEqual(events, ['create app bridge', 'destroy app bridge']);
  });

  for (const name of ['bridge', 'host', 'none', 'default', 'container:x']) {
    it(`named ${name} cannot be made`, async () => {
      await using engine = await makeEngine();
      await assert.rejects(createNetwork(engine.context, networkRequest(name)), {
        code: 'forbidden',
        message: `operation is not permitted on predefined ${name} network`,
      });
    });
  }

  for (const name of ['bridge', 'host', 'none']) {
    it(`named ${name} cannot be removed`, async () => {
      await using engine = await makeEngine();
      await assert.rejects(removeNetwork(engine.context, name), {
        code: 'forbidden',
        message: `${name} is a pre-defined network and cannot be removed`,
      });
    });
  }

  const refused: [what: string, wishes: Parameters<typeof networkRequest>[1], code: string, words: RegExp][] =
    [
      ['an unknown driver', { driver: 'weave' }, 'not-found', /^plugin "weave" not found$/],
      ['a driver of swarms', { driver: 'overlay' }, 'forbidden', /not a swarm manager/],
      ['a second host network', { driver: 'host' }, 'forbidden', /only one instance of "host"/],
      [
        'an unknown ipam driver',
        { ipam: { driver: 'dhcp', options: {}, ranges: [] } },
        'not-found',
        /plugin "dhcp" not found/,
      ],
    ];
  for (const [what, wishes, code, words] of refused) {
    it(`with ${what} are refused`, async () => {
      await using engine = await makeEngine();
      await assert.rejects(createNetwork(engine.context, networkRequest('app', wishes)), {
        code,
        message: words,
      });
      assert.equal(engine.networks.byName.size, 0);
    });
  }

  it('without a name are refused', async () => {
    await using engine = await makeEngine();
    await assert.rejects(createNetwork(engine.context, networkRequest(' ')), { code: 'invalid-argument' });
  });

  it('of the same name are refused', async () => {
    await using engine = await makeEngine();
    await createNetwork(engine.context, networkRequest('app'));
    await assert.rejects(createNetwork(engine.context, networkRequest('app')), {
      code: 'conflict',
      message: 'network with name app already exists',
    });
  });

  it('with a running container are not removed, and the container is named', async () => {
    await using engine = await makeEngine();
    await createNetwork(engine.context, networkRequest('app'));
    const { id } = await makeContainer(engine, { name: 'web', host: { networkMode: 'app' } });
    await startContainer(engine.context, id);
    await assert.rejects(removeNetwork(engine.context, 'app'), {
      code: 'forbidden',
      message: /^error while removing network: network app has active endpoints \(name:"web" id:"[^"]+"\)$/,
    });
  });

  it('that a container came into while they were removed stay, with Docker’s status', async () => {
    await using engine = await makeEngine();
    await createNetwork(engine.context, networkRequest('app'));
    engine.networks.remove = () => Promise.reject(conflict('network app has active endpoints'));
    await assert.rejects(removeNetwork(engine.context, 'app'), { code: 'forbidden' });
  });

  it('that nobody is in are pruned, those of stopped containers too', async () => {
    await using engine = await makeEngine();
    for (const name of ['used', 'stopped', 'kept', 'empty'])
      await createNetwork(engine.context, networkRequest(name));
    const { id } = await makeContainer(engine, { host: { networkMode: 'used' } });
    await startContainer(engine.context, id);
    await makeContainer(engine, { host: { networkMode: 'stopped' } });
    const removed = await pruneNetworks(engine.context, ({ name }) => name !== 'kept');
    assert.deepEqual(removed, ['stopped', 'empty']);
    assert.deepEqual([...engine.networks.byName.keys()], ['used', 'kept']);
  });
});
