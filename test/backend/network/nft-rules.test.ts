import assert from 'node:assert/strict';
import { additionText, ruleSetText, type Published } from '../../../backend/network/nft-rules.ts';

const port = (hostAddress: string): Published => ({
  protocol: 'tcp',
  containerPort: 80,
  hostAddress,
  hostPort: 8080,
  address: '172.17.0.2',
});
const textOf = (...published: Published[]): string =>
  ruleSetText({ table: 'strata_x', bridges: [{ name: 'strata0', subnet: '172.17.0.0/16' }], published });

describe('ruleSetText', () => {
  it('sends what comes for any address of the host to the container', () => {
    assert.match(
      textOf(port('0.0.0.0')),
      /prerouting iifname != "strata0" fib daddr type local tcp dport 8080 dnat to 172\.17\.0\.2:80$/m,
    );
  });

  it('binds a publication to its host address', () => {
    const text = textOf(port('10.0.0.7'));
    assert.match(text, /prerouting iifname != "strata0" ip daddr 10\.0\.0\.7 tcp dport 8080 dnat/);
    assert.doesNotMatch(text, /fib/);
  });

  it('leaves loopback and IPv6 publications to their listeners', () => {
    assert.doesNotMatch(textOf(port('127.0.0.1'), port('::'), port('::1')), /dnat to/);
  });

  it('replaces every rule in one transaction', () => {
    const lines = textOf().split('\n');
    assert.ok(
      lines.indexOf('flush table ip strata_x') < lines.findIndex((line) => line.startsWith('add rule')),
    );
  });
});

describe('additionText', () => {
  const added = { table: 'strata_x', bridges: [{ name: 'strata0', subnet: '172.17.0.0/16' }] };

  it('adds to both ways in and touches nothing else', () => {
    const lines = additionText({ ...added, published: [port('0.0.0.0')] })
      .trimEnd()
      .split('\n');
    assert.deepEqual(
      lines.map((line) => line.split(' ').slice(0, 5).join(' ')),
      ['add rule ip strata_x prerouting', 'add rule ip strata_x output'],
    );
  });

  it('is empty where the listener does it all', () => {
    assert.equal(additionText({ ...added, published: [port('127.0.0.1'), port('::')] }), '');
  });
});
