import assert from 'node:assert/strict';
import { hasOnlyLoopbackResolvers, hostsFile, resolvConf } from '../../../backend/network/etc-files.ts';

const none = { dns: [], dnsSearch: [], dnsOptions: [] };

describe('hostsFile', () => {
  it('names the container after the loopback names and the extra hosts', () => {
    const text = hostsFile({
      hostname: 'web',
      domainname: '',
      addresses: ['172.17.0.2'],
      extraHosts: ['db:10.0.0.5', 'six=[2001:db8::1]'],
    });
    assert.deepEqual(text.trimEnd().split('\n').slice(-3), [
      '10.0.0.5\tdb',
      '2001:db8::1\tsix',
      '172.17.0.2\tweb',
    ]);
    assert.ok(text.startsWith('127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'));
  });

  it('writes the full name before the short one where there is a domain', () => {
    const text = hostsFile({
      hostname: 'web',
      domainname: 'example.test',
      addresses: ['172.17.0.2'],
      extraHosts: [],
    });
    assert.match(text, /^172\.17\.0\.2\tweb\.example\.test web$/m);
  });

  it('puts the host in the place of host-gateway, and leaves the entry out where there is none', () => {
    const request = { hostname: 'web', domainname: '', addresses: [], extraHosts: ['host:host-gateway'] };
    assert.match(hostsFile({ ...request, hostGateway: '172.17.0.1' }), /^172\.17\.0\.1\thost$/m);
    assert.doesNotMatch(hostsFile(request), /host-gateway|\thost$/m);
  });

  it('has no line of its own without an address', () => {
    assert.doesNotMatch(hostsFile({ hostname: 'web', domainname: '', addresses: [], extraHosts: [] }), /web/);
  });
});

describe('resolvConf', () => {
  it('keeps what a container can reach and drops loopback and IPv6 resolvers', () => {
    const host =
      'nameserver 127.0.0.53\nnameserver 10.0.0.1 # office\nnameserver fd00::1\nsearch a.test b.test\noptions edns0 trust-ad\n';
    const lines = resolvConf(host, none).split('\n');
    assert.deepEqual(lines.slice(2), [
      'nameserver 10.0.0.1',
      'search a.test b.test',
      'options edns0 trust-ad',
      '',
    ]);
  });

  it('falls back to public resolvers where none is left', () => {
    const text = resolvConf('nameserver 127.0.0.1\nnameserver ::1\n', none);
    assert.match(text, /^nameserver 8\.8\.8\.8\nnameserver 8\.8\.4\.4$/m);
  });

  it('keeps loopback resolvers in the host network', () => {
    const text = resolvConf('nameserver 127.0.0.53\n', { ...none, sharesHostNetwork: true });
    assert.match(text, /^nameserver 127\.0\.0\.53$/m);
  });

  it('takes what was asked for instead of the host’s', () => {
    const text = resolvConf('nameserver 10.0.0.1\nsearch a.test\noptions edns0\n', {
      dns: ['1.2.3.4'],
      dnsSearch: ['.'],
      dnsOptions: ['ndots:2'],
    });
    assert.deepEqual(text.split('\n').slice(2), ['nameserver 1.2.3.4', 'options ndots:2', '']);
  });

  it('names the engine’s own resolver alone in a network whose names it knows', () => {
    const host = 'nameserver 10.0.0.1\nsearch a.test\noptions edns0 ndots:3\n';
    const text = resolvConf(host, { ...none, dns: ['1.2.3.4'], hasOwnResolver: true });
    assert.deepEqual(text.split('\n').slice(2), [
      'nameserver 127.0.0.11',
      'search a.test',
      'options edns0 ndots:0',
      '',
    ]);
    assert.match(
      resolvConf(host, { ...none, dnsOptions: ['ndots:1'], hasOwnResolver: true }),
      /^options ndots:1$/m,
    );
  });

  it('lets the last search or domain line count', () => {
    assert.match(resolvConf('search a.test\ndomain b.test\n', none), /^search b\.test$/m);
  });
});

describe('hasOnlyLoopbackResolvers', () => {
  it('knows a stub resolver from a real one', () => {
    assert.equal(hasOnlyLoopbackResolvers('nameserver 127.0.0.53\n'), true);
    assert.equal(hasOnlyLoopbackResolvers('nameserver 127.0.0.53\nnameserver 10.0.0.1\n'), false);
    assert.equal(hasOnlyLoopbackResolvers('# nothing\n'), false);
  });
});
