import assert from 'node:assert/strict';
import { parseSubnet } from '../../../../backend/base/ip.ts';
import { checkRanges } from '../../../../backend/network/ipam/check-ranges.ts';
import { planRanges, type RangePlan } from '../../../../backend/network/ipam/plan-ranges.ts';
import { DEFAULT_POOLS, pickSubnet, pickUla } from '../../../../backend/network/ipam/subnet-pools.ts';
import type { IpamRange, NetworkRecord } from '../../../../backend/network/networks.ts';

const range = (subnet: string, rest: Partial<IpamRange> = {}): IpamRange => ({
  subnet,
  ipRange: '',
  gateway: '',
  auxAddresses: {},
  ...rest,
});

describe('pickSubnet', () => {
  it('takes the first pool that nothing on the host touches', () => {
    assert.equal(pickSubnet(DEFAULT_POOLS, []), '172.17.0.0/16');
    const taken = [parseSubnet('172.16.0.0/14'), parseSubnet('172.20.7.0/24')];
    assert.equal(pickSubnet(DEFAULT_POOLS, taken), '172.21.0.0/16');
    assert.equal(pickSubnet(DEFAULT_POOLS, [parseSubnet('172.16.0.0/12')]), '192.168.0.0/20');
  });

  it('goes on in 10/8 where all the usual ones are taken, and knows when that is full too', () => {
    const usual = DEFAULT_POOLS.map(parseSubnet);
    assert.equal(pickSubnet(DEFAULT_POOLS, usual), '10.255.0.0/20');
    const full = [...usual, parseSubnet('10.0.0.0/8')];
    assert.throws(() => pickSubnet(DEFAULT_POOLS, full), { code: 'resource-exhausted' });
  });

  it('says so when every pool of one’s own is taken', () => {
    const taken = [parseSubnet('10.0.0.0/8')];
    assert.throws(() => pickSubnet(['10.1.0.0/16'], taken), { code: 'resource-exhausted' });
  });

  it('takes IPv6 subnets out of a prefix of the daemon’s own', () => {
    const first = pickUla('seed', []);
    assert.match(first, /^fd[0-9a-f]{2}:[0-9a-f]{1,4}:[0-9a-f]{1,4}::\/64$/);
    assert.equal(pickUla('seed', []), first);
    assert.notEqual(pickUla('other', []), first);
    assert.notEqual(pickUla('seed', [parseSubnet(first)]), first);
  });
});

describe('checkRanges', () => {
  for (const [what, wanted, why] of [
    ['host bits', range('10.9.0.1/24'), /invalid subnet 10\.9\.0\.1\/24: it should be 10\.9\.0\.0\/24/],
    ['no prefix', range('10.9.0.0'), /invalid subnet 10\.9\.0\.0: invalid CIDR block notation/],
    ['no room', range('10.9.0.0/32'), /no room for a container/],
    [
      'a gateway outside',
      range('10.9.0.0/24', { gateway: '10.8.0.1' }),
      /gateway 10\.8\.0\.1: parent subnet/,
    ],
    ['a range outside', range('10.9.0.0/24', { ipRange: '10.8.0.0/25' }), /doesn't contain ip-range/],
    [
      'a range that is wider',
      range('10.9.0.0/24', { ipRange: '10.9.0.0/16' }),
      /bigger than its parent subnet/,
    ],
    [
      'an auxiliary address outside',
      range('10.9.0.0/24', { auxAddresses: { a: '1.2.3.4' } }),
      /auxiliary address/,
    ],
    ['a gateway without subnet', range('', { gateway: '10.9.0.1' }), /no subnet is given/],
  ] as const) {
    it(`refuses ${what}`, () =>
      assert.throws(() => checkRanges([wanted]), { code: 'invalid-argument', message: why }));
  }

  it('accepts what is well formed, and nothing at all', () => {
    const whole = range('fd00:1::/64', { ipRange: 'fd00:1::/80', gateway: 'fd00:1::5' });
    checkRanges([whole, range('10.9.0.0/24'), range('')]);
    checkRanges([]);
  });
});

describe('planRanges', () => {
  const base: RangePlan = {
    wanted: [],
    enableIPv4: true,
    enableIPv6: false,
    networks: [],
    hostRanges: [],
    pools: DEFAULT_POOLS,
    seed: 's',
  };
  const network = (subnet: string): NetworkRecord => ({
    id: 'n',
    name: 'other',
    driver: 'bridge',
    bridge: 'br-n',
    created: '',
    internal: false,
    attachable: false,
    enableIPv4: true,
    enableIPv6: false,
    ipam: { options: {}, ranges: [range(subnet)] },
    options: {},
    labels: {},
  });

  it('picks what nobody named, with the first address as gateway', () => {
    const [v4, v6] = planRanges({ ...base, enableIPv6: true, networks: [network('172.17.0.0/16')] });
    assert.deepEqual([v4?.subnet, v4?.gateway, v4?.picked], ['172.18.0.0/16', '172.18.0.1', true]);
    assert.match(v6?.subnet ?? '', /^fd.*\/64$/);
  });

  it('keeps what was named, also inside a route of the host', () => {
    const hostRanges = [parseSubnet('10.0.0.0/8')];
    const [only, ...rest] = planRanges({ ...base, hostRanges, wanted: [range('10.9.0.0/24')] });
    assert.deepEqual([only?.subnet, only?.gateway, only?.picked], ['10.9.0.0/24', '10.9.0.1', undefined]);
    assert.deepEqual(rest, []);
  });

  it('leaves an auxiliary address alone when it looks for the gateway', () => {
    const wanted = [range('10.9.0.0/24', { auxAddresses: { a: '10.9.0.1' } })];
    assert.equal(planRanges({ ...base, wanted })[0]?.gateway, '10.9.0.2');
  });

  it('refuses a subnet that another network has, and says which', () => {
    const wanted = [range('172.17.5.0/24')];
    assert.throws(() => planRanges({ ...base, wanted, networks: [network('172.17.0.0/16')] }), {
      code: 'forbidden',
      message: /Pool overlaps with other one on this address space: .* of network other/,
    });
    assert.throws(() => planRanges({ ...base, wanted: [...wanted, ...wanted] }), { code: 'forbidden' });
  });
});
