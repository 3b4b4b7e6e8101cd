import assert from 'node:assert/strict';
import { AddressPool, macOf } from '../../../../backend/network/ipam/address-pool.ts';

const range = (subnet: string, rest: Partial<ConstructorParameters<typeof AddressPool>[0]> = {}) => ({
  subnet,
  ipRange: '',
  gateway: '',
  auxAddresses: {},
  ...rest,
});

describe('AddressPool', () => {
  it('gives out the lowest free address, neither gateway, broadcast nor auxiliary address', () => {
    const pool = new AddressPool(
      range('10.9.0.0/29', { gateway: '10.9.0.1', auxAddresses: { router: '10.9.0.4' } }),
    );
    pool.reserve('10.9.0.3');
    assert.deepEqual([pool.take(), pool.take(), pool.take()], ['10.9.0.2', '10.9.0.5', '10.9.0.6']);
    assert.throws(() => pool.take(), { code: 'resource-exhausted' });
  });

  it('lets a released address rest, unless it is the last one', () => {
    let now = 0;
    const pool = new AddressPool(range('10.9.0.0/29', { gateway: '10.9.0.1' }), () => now);
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

  it('gives out of the range, and by wish out of the whole subnet', () => {
    const pool = new AddressPool(range('10.9.0.0/16', { ipRange: '10.9.5.0/24', gateway: '10.9.0.1' }));
    assert.equal(pool.take(), '10.9.5.0');
    assert.equal(pool.claim('10.9.200.7'), '10.9.200.7');
  });

  for (const [address, why] of Object.entries({
    '10.9.0.1': /already in use/,
    '10.9.0.2': /already in use/,
    '10.9.0.0': /out of range/,
    '10.9.0.7': /out of range/,
    '10.9.1.1': /out of range/,
    'fd00::1': /out of range/,
  })) {
    it(`refuses the wish for ${address}`, () => {
      const pool = new AddressPool(range('10.9.0.0/29', { gateway: '10.9.0.1' }));
      pool.take();
      assert.throws(() => pool.claim(address), { code: 'forbidden', message: why });
    });
  }

  it('gives out IPv6 addresses in the same way', () => {
    const pool = new AddressPool(range('fd00::/64', { gateway: 'fd00::1' }));
    assert.deepEqual(
      [pool.take(), pool.claim('fd00::ffff'), pool.take()],
      ['fd00::2', 'fd00::ffff', 'fd00::3'],
    );
  });

  it('makes the MAC address from the IPv4 address', () => {
    assert.equal(macOf('172.17.0.10'), '02:42:ac:11:00:0a');
  });
});
