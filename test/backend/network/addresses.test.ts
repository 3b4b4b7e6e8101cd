import assert from 'node:assert/strict';
import { AddressPool, macOf } from '../../../backend/network/address-pool.ts';
import { formatSubnet, overlap, parseAddress, parseSubnet } from '../../../backend/network/ipv4.ts';
import { DEFAULT_POOLS, pickSubnet } from '../../../backend/network/subnet-pools.ts';

describe('IPv4 subnets', () => {
  it('are cut to their prefix when parsed', () => {
    assert.equal(formatSubnet(parseSubnet('172.17.3.4/16')), '172.17.0.0/16');
    assert.equal(formatSubnet(parseSubnet('255.255.255.255/32')), '255.255.255.255/32');
  });

  it('overlap when one lies in the other', () => {
    const overlaps = (a: string, b: string): boolean => overlap(parseSubnet(a), parseSubnet(b));
    assert.equal(overlaps('172.16.0.0/12', '172.31.255.0/24'), true);
    assert.equal(overlaps('172.31.255.0/24', '172.16.0.0/12'), true);
    assert.equal(overlaps('172.17.0.0/16', '172.18.0.0/16'), false);
    assert.equal(overlaps('0.0.0.0/0', '10.0.0.0/8'), true);
  });

  for (const bad of [
    '',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.256/8',
    '10.0.0.0/8/9',
    '10.0.0.0/-1',
    '::/0',
  ]) {
    it(`refuses ${JSON.stringify(bad)}`, () =>
      assert.throws(() => parseSubnet(bad), { code: 'invalid-argument' }));
  }
});

describe('pickSubnet', () => {
  it('takes the first pool that nothing on the host touches', () => {
    assert.equal(pickSubnet(DEFAULT_POOLS, []), '172.17.0.0/16');
    const taken = [parseSubnet('172.16.0.0/14'), parseSubnet('172.20.7.0/24')];
    assert.equal(pickSubnet(DEFAULT_POOLS, taken), '172.21.0.0/16');
    assert.equal(pickSubnet(DEFAULT_POOLS, [parseSubnet('172.16.0.0/12')]), '192.168.0.0/20');
  });

  it('says so when every pool is taken', () => {
    assert.throws(() => pickSubnet(['10.1.0.0/16'], [parseSubnet('10.0.0.0/8')]), {
      code: 'resource-exhausted',
    });
  });
});

describe('AddressPool', () => {
  it('gives out the lowest free address, neither gateway nor broadcast', () => {
    const pool = new AddressPool('10.9.0.0/29');
    pool.reserve('10.9.0.3');
    assert.deepEqual(
      [pool.take(), pool.take(), pool.take(), pool.take()],
      ['10.9.0.2', '10.9.0.4', '10.9.0.5', '10.9.0.6'],
    );
    assert.throws(() => pool.take(), { code: 'resource-exhausted' });
  });

  it('lets a released address rest, unless it is the last one', () => {
    let now = 0;
    const pool = new AddressPool('10.9.0.0/29', () => now);
    assert.equal(pool.take(), '10.9.0.2');
    pool.release('10.9.0.2');
    assert.equal(pool.take(), '10.9.0.3');
    now = 60_000;
    assert.equal(pool.take(), '10.9.0.2');
    pool.take();
    pool.take();
    pool.take();
    pool.release('10.9.0.4');
    assert.equal(pool.take(), '10.9.0.4');
  });

  it('makes the MAC address from the IPv4 address', () => {
    assert.equal(macOf('172.17.0.10'), '02:42:ac:11:00:0a');
    assert.equal(parseAddress('172.17.0.10'), 0xac11000a);
  });
});
