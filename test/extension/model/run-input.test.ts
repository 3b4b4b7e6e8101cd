import assert from 'node:assert/strict';
import { pullQueryOf } from '../../../extension/client/images.ts';
import { layerQuery, parseLayerAddress } from '../../../extension/model/layer-uri.ts';
import { parsePortList, portBindings, suggestedPorts } from '../../../extension/model/port-list.ts';
import { PullMeter } from '../../../extension/model/pull-progress.ts';
import { splitWords } from '../../../extension/model/words.ts';

describe('what the user types into the run and pull commands', () => {
  it('splits a command as a shell would, without expanding anything', () => {
    assert.deepEqual(splitWords(`sh -c 'echo "a b" $X' x\\ y "q\\"r" ''`), [
      'sh',
      '-c',
      'echo "a b" $X',
      'x y',
      'q"r',
      '',
    ]);
    assert.deepEqual(splitWords('  '), []);
    assert.deepEqual(splitWords(`it's`), [`it's`]);
  });

  it('reads ports as docker run -p takes them', () => {
    assert.deepEqual(parsePortList('8080:80, 127.0.0.1:5353:53/udp 443 [::1]:1:2'), [
      { hostIp: '', hostPort: '8080', containerPort: 80, protocol: 'tcp' },
      { hostIp: '127.0.0.1', hostPort: '5353', containerPort: 53, protocol: 'udp' },
      { hostIp: '', hostPort: '', containerPort: 443, protocol: 'tcp' },
      { hostIp: '::1', hostPort: '1', containerPort: 2, protocol: 'tcp' },
    ]);
    assert.deepEqual(parsePortList(''), []);
  });

  it('names the port that is wrong', () => {
    assert.throws(() => parsePortList('8080:80, http'), /'http' is not a port/);
    assert.throws(() => parsePortList('70000:80'), /'70000:80': a port is a number/);
  });

  it('keeps two host ports of one container port', () => {
    const { exposed, bindings } = portBindings(parsePortList('1:80 2:80'));
    assert.deepEqual(Object.keys(exposed), ['80/tcp']);
    assert.deepEqual(
      bindings['80/tcp']?.map(({ HostPort }) => HostPort),
      ['1', '2'],
    );
    assert.equal(suggestedPorts(['80/tcp', '5000/tcp', '53/udp']), '8080:80, 5000:5000, 8053:53/udp');
  });

  it('pulls one tag, and finds it behind a port of the registry', () => {
    assert.deepEqual(pullQueryOf('nginx'), { fromImage: 'nginx', tag: 'latest' });
    assert.deepEqual(pullQueryOf('localhost:5000/a/b'), { fromImage: 'localhost:5000/a/b', tag: 'latest' });
    assert.deepEqual(pullQueryOf('localhost:5000/a:1'), { fromImage: 'localhost:5000/a', tag: '1' });
    assert.deepEqual(pullQueryOf('a@sha256:00'), { fromImage: 'a', tag: 'sha256:00' });
  });

  it('adds up the progress of all layers and never counts the header', () => {
    const meter = new PullMeter();
    meter.add({ id: 'latest', status: 'Pulling from library/x' });
    assert.equal(meter.sentence, '');
    meter.add({ id: 'a', status: 'Downloading', progressDetail: { current: 50, total: 100 } });
    meter.add({ id: 'b', status: 'Already exists' });
    assert.equal(meter.sentence, '1 of 2 layers, 50 B of 100 B');
    meter.add({ id: 'a', status: 'Download complete' });
    meter.add({ id: 'a', status: 'Pull complete' });
    meter.add({ status: 'Digest: sha256:00' });
    assert.equal(meter.sentence, '2 of 2 layers, 100 B of 100 B');
    assert.equal(meter.share, 1);
  });

  it('brings the address of a layer file through the editor unchanged', () => {
    const address = {
      machine: 'ssh:a b&c',
      subject: { kind: 'image', id: 'sha256:1' },
      layer: 3,
      path: '/etc/p?#.txt',
      shape: 'text',
      stamp: 'x=1&y',
      large: true,
      text: 'symbolic link to ../a b\n',
    } as const;
    assert.deepEqual(parseLayerAddress(address.path, layerQuery(address)), address);
    assert.equal(parseLayerAddress('/etc/passwd', ''), undefined);
    assert.equal(parseLayerAddress('/x', 'machine=a&kind=image&id=b&layer=1.5'), undefined);
  });
});
