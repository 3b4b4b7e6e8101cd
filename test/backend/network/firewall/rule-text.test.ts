import assert from 'node:assert/strict';
import { ruleSetText, type GuardedBridge } from '../../../../backend/network/firewall/rule-text.ts';
import { difference, translationsOf } from '../../../../backend/network/firewall/translations.ts';
import type { PortMapping } from '../../../../backend/network/networks.ts';

const port = (hostAddress: string, rest: Partial<PortMapping> = {}): PortMapping => ({
  protocol: 'tcp',
  containerPort: 80,
  hostAddress,
  hostPort: 8080,
  ...rest,
});
const both = { address: '172.17.0.2', address6: 'fd00::2' };
const bridge = (name: string, rest: Partial<GuardedBridge> = {}): GuardedBridge => ({
  name,
  subnets: ['172.17.0.0/16', 'fd00::/64'],
  internal: false,
  icc: true,
  masquerade: true,
  ...rest,
});
const textOf = (bridges: GuardedBridge[], ...ports: PortMapping[]): string =>
  ruleSetText({ table: 'strata_x', bridges, translations: translationsOf(ports, both) });

describe('ruleSetText', () => {
  it('sends what comes for any address of the host to the container, in both families', () => {
    const text = textOf([bridge('strata0')], port('0.0.0.0'), port('::'));
    assert.match(text, /elements = \{ tcp \. 8080 : 172\.17\.0\.2 \. 80 \}/);
    assert.match(text, /elements = \{ tcp \. 8080 : fd00::2 \. 80 \}/);
  });

  it('binds a publication to its host address', () => {
    const text = textOf([bridge('strata0')], port('10.0.0.7'));
    assert.match(
      text,
      /map ports4 \{[^}]*elements = \{ 10\.0\.0\.7 \. tcp \. 8080 : 172\.17\.0\.2 \. 80 \}/s,
    );
  });

  it('leaves loopback to the listeners', () => {
    assert.deepEqual(translationsOf([port('127.0.0.1'), port('::1')], both), []);
  });

  it('leaves a family that the container lacks to the listeners', () => {
    assert.deepEqual(translationsOf([port('::')], { ...both, address6: null }), []);
  });

  it('hides nothing of an internal network behind the host, and lets nothing in or out', () => {
    const text = textOf([bridge('strata0', { internal: true })]);
    assert.match(text, /set internal \{[^}]*"strata0"/s);
    assert.match(text, /set sources4 \{\s+type ipv4_addr\s+flags interval\s+\}/);
  });

  it('lets containers of one bridge talk, but not where that is switched off', () => {
    const text = textOf([bridge('a'), bridge('b', { icc: false })]);
    assert.match(text, /set within \{[^}]*elements = \{ "a" \. "a" \}/s);
  });

  it('replaces the whole table in one transaction, and the one of earlier releases', () => {
    const lines = textOf([]).split('\n');
    assert.deepEqual(lines.slice(0, 4), [
      'add table inet strata_x',
      'delete table inet strata_x',
      'add table ip strata_x',
      'delete table ip strata_x',
    ]);
  });

  it('never names a key twice', () => {
    const text = textOf([], port('0.0.0.0'), port('0.0.0.0', { containerPort: 81 }));
    assert.equal(text.match(/tcp \. 8080/g)?.length, 1);
  });
});

describe('difference', () => {
  it('is what only the first has', () => {
    const [a, b] = [translationsOf([port('0.0.0.0')], both), translationsOf([port('10.0.0.7')], both)];
    assert.deepEqual(difference([...a, ...b], b), a);
    assert.deepEqual(difference(a, translationsOf([port('0.0.0.0')], { ...both, address: '172.17.0.3' })), a);
  });
});
