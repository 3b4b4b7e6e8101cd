import assert from 'node:assert/strict';
import { Names } from '../../../../backend/network/dns/names.ts';
import { memberOf } from './container-sandbox.ts';

const web = memberOf({
  network: 'front',
  names: ['Web', 'www', 'web'],
  address: '10.0.0.2',
  address6: 'fd00:0:0::2',
});
const db = memberOf({ network: 'front', names: ['db', 'www'], address: '10.0.0.3' });

function namesOf(...members: (typeof web)[]): Names {
  const names = new Names();
  for (const { endpoint } of members) names.put(endpoint.networkId, endpoint);
  return names;
}

const addresses = (names: Names, name: string, network = 'front'): (string | null)[] =>
  names.lookup(network, name).map(({ address }) => address);

describe('names of containers', () => {
  it('finds a container by each of its names, in any case, in its network only', () => {
    const names = namesOf(web, db);
    assert.deepEqual(addresses(names, 'web'), ['10.0.0.2']);
    assert.deepEqual(addresses(names, 'WEB'), ['10.0.0.2']);
    assert.deepEqual(addresses(names, 'db'), ['10.0.0.3']);
    assert.deepEqual(addresses(names, 'db', 'back'), []);
    assert.deepEqual(addresses(names, 'other'), []);
  });

  it('gives all containers that share an alias, each of them first about as often', () => {
    const names = namesOf(web, db);
    const first = { '10.0.0.2': 0, '10.0.0.3': 0 };
    for (let times = 0; times < 1000; times += 1) {
      const found = addresses(names, 'www');
      assert.deepEqual(found.toSorted(), ['10.0.0.2', '10.0.0.3']);
      first[found[0] as keyof typeof first] += 1;
    }
    assert.ok(first['10.0.0.2'] > 350 && first['10.0.0.3'] > 350, JSON.stringify(first));
  });

  it('names who has an address by the first of its names, however the address is written', () => {
    const names = namesOf(web, db);
    assert.equal(names.reverse('front', '10.0.0.2'), 'Web');
    assert.equal(names.reverse('front', 'fd00::2'), 'Web');
    assert.equal(names.reverse('front', '10.0.0.9'), undefined);
    assert.equal(names.reverse('back', '10.0.0.2'), undefined);
  });

  it('forgets every name with its container, and none of the others', () => {
    const names = namesOf(web, db);
    names.remove(web.endpoint.endpointId);
    names.remove(web.endpoint.endpointId);
    names.remove('never there');
    assert.deepEqual(addresses(names, 'web'), []);
    assert.deepEqual(addresses(names, 'www'), ['10.0.0.3']);
    assert.equal(names.reverse('front', '10.0.0.2'), undefined);
    assert.equal(names.reverse('front', '10.0.0.3'), 'db');
  });

  it('takes new names and addresses in the place of the old ones', () => {
    const names = namesOf(web);
    names.put('front', { ...web.endpoint, dnsNames: ['shop'], address: '10.0.0.7' });
    assert.deepEqual(addresses(names, 'web'), []);
    assert.deepEqual(addresses(names, 'shop'), ['10.0.0.7']);
    assert.equal(names.reverse('front', '10.0.0.2'), undefined);
    assert.equal(names.reverse('front', '10.0.0.7'), 'shop');
  });

  it('keeps an address that another container has got before the first one was forgotten', () => {
    const names = namesOf(web, { ...db, endpoint: { ...db.endpoint, address: '10.0.0.2' } });
    names.remove(web.endpoint.endpointId);
    assert.equal(names.reverse('front', '10.0.0.2'), 'db');
  });
});
