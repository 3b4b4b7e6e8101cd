import assert from 'node:assert/strict';
import { makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';

/** Real containers with ids of the test's choice. */
async function setWith(...ids: string[]) {
  const engine = await makeEngine();
  const made = await makeContainer(engine, { name: 'template' });
  const { containers } = engine.context;
  ids.forEach((id, index) => containers.add({ ...structuredClone(made), id, name: `c${index}` }));
  return { engine, containers };
}

describe('the set of containers', () => {
  const first = 'aaa1'.padEnd(64, '0');
  const second = 'aaa2'.padEnd(64, '0');

  it('finds by whole id, by name with and without slash, and by a unique prefix', async () => {
    const { engine, containers } = await setWith(first, second);
    await using _engine = engine;
    assert.equal(containers.resolve(first).id, first);
    assert.equal(containers.resolve('c1').id, second);
    assert.equal(containers.resolve('/c1').id, second);
    assert.equal(containers.resolve('aaa2').id, second);
  });

  it('refuses a prefix of several and knows nothing of others', async () => {
    const { engine, containers } = await setWith(first, second);
    await using _engine = engine;
    assert.throws(() => containers.resolve('aaa'), { code: 'invalid-argument' });
    for (const absent of ['bbb', '', 'C1', '/', '__proto__'])
      assert.throws(() => containers.resolve(absent), { code: 'not-found' }, absent);
  });

  it('prefers a name to the prefix of an id', async () => {
    const { engine, containers } = await setWith(first, second);
    await using _engine = engine;
    containers.rename(containers.resolve(second), 'aaa1');
    assert.equal(containers.resolve('aaa1').id, second);
  });

  it('does not write a container again that was deleted', async () => {
    const { engine, containers } = await setWith(first);
    const container = containers.resolve(first);
    containers.delete(container);
    containers.save(container);
    await using later = engine.restart();
    assert.equal(later.context.containers.get(first), undefined);
  });
});
