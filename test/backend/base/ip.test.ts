import assert from 'node:assert/strict';
import {
  contains,
  formatIp,
  formatSubnet,
  ipBytes,
  ipOfBytes,
  overlap,
  parseIp,
  parseSubnet,
  tryParseIp,
} from '../../../backend/base/ip.ts';

describe('addresses', () => {
  for (const [written, canonical] of Object.entries({
    '10.0.0.7': '10.0.0.7',
    '255.255.255.255': '255.255.255.255',
    '::': '::',
    '::1': '::1',
    'fd00:0:0:1::': 'fd00:0:0:1::',
    '2001:DB8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
    '1:0:2:3:4:5:6:7': '1:0:2:3:4:5:6:7',
    '::ffff:10.0.0.7': '::ffff:a00:7',
  })) {
    it(`${written} is ${canonical}, also by way of its bytes`, () => {
      assert.equal(formatIp(parseIp(written)), canonical);
      assert.equal(formatIp(ipOfBytes(ipBytes(parseIp(written)))), canonical);
    });
  }

  for (const bad of ['', '10.0.0', '10.0.0.256', 'fe80::1%eth0', 'localhost', '1::2::3']) {
    it(`${JSON.stringify(bad)} is none`, () => assert.equal(tryParseIp(bad), undefined));
  }
});

describe('subnets', () => {
  it('are cut to their prefix when parsed', () => {
    assert.equal(formatSubnet(parseSubnet('172.17.3.4/16')), '172.17.0.0/16');
    assert.equal(formatSubnet(parseSubnet('255.255.255.255/32')), '255.255.255.255/32');
    assert.equal(formatSubnet(parseSubnet('fd00::1:2:3/64')), 'fd00::/64');
  });

  it('overlap when one lies in the other', () => {
    const overlaps = (a: string, b: string): boolean => overlap(parseSubnet(a), parseSubnet(b));
    assert.equal(overlaps('172.16.0.0/12', '172.31.255.0/24'), true);
    assert.equal(overlaps('172.31.255.0/24', '172.16.0.0/12'), true);
    assert.equal(overlaps('172.17.0.0/16', '172.18.0.0/16'), false);
    assert.equal(overlaps('0.0.0.0/0', '10.0.0.0/8'), true);
    assert.equal(overlaps('0.0.0.0/0', '::/0'), false);
    assert.equal(overlaps('fd00::/48', 'fd00:0:0:7::/64'), true);
  });

  it('contain their own addresses alone', () => {
    assert.equal(contains(parseSubnet('10.1.0.0/16'), parseIp('10.1.255.255')), true);
    assert.equal(contains(parseSubnet('10.1.0.0/16'), parseIp('10.2.0.0')), false);
    assert.equal(contains(parseSubnet('::/0'), parseIp('10.1.0.0')), false);
  });

  for (const bad of ['', '10.0.0.0', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/9', '10.0.0.0/-1', '::/129']) {
    it(`refuses ${JSON.stringify(bad)}`, () =>
      assert.throws(() => parseSubnet(bad), { code: 'invalid-argument' }));
  }
});
