import assert from 'node:assert/strict';
import { dockerHostOf } from '../../../extension/model/docker-host.ts';
import {
  familiarName,
  formatAge,
  formatBytes,
  formatPorts,
  publishedPorts,
  splitReference,
} from '../../../extension/model/format.ts';
import { hexDump, looksBinary } from '../../../extension/model/hex-dump.ts';
import { instructionVerb, readableInstruction } from '../../../extension/model/instruction.ts';
import { layerShares } from '../../../extension/model/layer-scale.ts';

const port = (PrivatePort: number, PublicPort?: number, Type = 'tcp', IP = '0.0.0.0') => ({
  IP,
  PrivatePort,
  Type,
  ...(PublicPort === undefined ? {} : { PublicPort }),
});
const withPorts = (Ports: ReturnType<typeof port>[]) => ({
  Id: 'a',
  Names: null,
  Image: '',
  ImageID: '',
  Command: '',
  Created: 0,
  State: '',
  Status: '',
  Ports,
});

describe('what the views write', () => {
  it('writes sizes with three digits and powers of 1000', () => {
    const sizes = [0, 1, 999, 1000, 1234, 99_950, 999_499, 999_500, 4_200_000, 1.5e9, 7e15];
    assert.deepEqual(sizes.map(formatBytes), [
      '0 B',
      '1 B',
      '999 B',
      '1 kB',
      '1.23 kB',
      '100 kB',
      '999 kB',
      '1 MB',
      '4.2 MB',
      '1.5 GB',
      '7 PB',
    ]);
  });

  it('writes ages in the largest unit that fits', () => {
    const now = 1_700_000_000_000;
    const ago = (seconds: number) => formatAge(now / 1000 - seconds, now);
    assert.deepEqual([5, 60, 7_200, 86_400 * 3, 86_400 * 8, 86_400 * 400, -5].map(ago), [
      'just now',
      '1 minute ago',
      '2 hours ago',
      '3 days ago',
      '1 week ago',
      '1 year ago',
      'just now',
    ]);
  });

  it('names a published port once though it listens on two addresses', () => {
    const container = withPorts([
      port(80, 8080),
      port(80, 8080, 'tcp', '::'),
      port(53, 5353, 'udp'),
      port(443),
    ]);
    assert.equal(formatPorts(container), '5353→53/udp 8080→80');
    assert.equal(publishedPorts(container).length, 2);
  });

  it('shortens the names of the hub and leaves others alone', () => {
    assert.equal(familiarName('docker.io/library/nginx:1'), 'nginx:1');
    assert.equal(familiarName('docker.io/grafana/loki:3'), 'grafana/loki:3');
    assert.equal(familiarName('127.0.0.1:5000/library/a:1'), '127.0.0.1:5000/library/a:1');
  });

  it('tells the registry from the name', () => {
    assert.deepEqual(splitReference('127.0.0.1:5000/a/b:1'), { registry: '127.0.0.1:5000', name: 'a/b:1' });
    assert.deepEqual(splitReference('localhost/a'), { registry: 'localhost', name: 'a' });
    assert.deepEqual(splitReference('grafana/loki:3'), { registry: '', name: 'grafana/loki:3' });
    assert.deepEqual(splitReference('docker.io/library/nginx:1'), { registry: '', name: 'nginx:1' });
  });

  it('reads the instruction out of the three forms of history', () => {
    assert.equal(readableInstruction('/bin/sh -c #(nop)  CMD ["sh"]'), 'CMD ["sh"]');
    assert.equal(readableInstruction('/bin/sh -c apt-get   update \t&& true'), 'RUN apt-get update && true');
    assert.equal(readableInstruction('RUN /bin/sh -c make # buildkit'), 'RUN make');
    assert.equal(readableInstruction('RUN |1 A=b /bin/sh -c make # buildkit'), 'RUN make');
    assert.equal(readableInstruction('COPY . /app # buildkit'), 'COPY . /app');
    assert.equal(readableInstruction(''), '');
    assert.equal(instructionVerb('COPY . /app'), 'COPY');
    assert.equal(instructionVerb('bazel build'), '');
  });

  it('gives each layer its share of the whole', () => {
    assert.deepEqual(layerShares([75, 25, 0]), [0.75, 0.25, 0]);
    assert.deepEqual(layerShares([0, 0]), [0.5, 0.5]);
    assert.deepEqual(layerShares([]), []);
  });

  it('names a socket and a pipe as docker wants them', () => {
    assert.equal(dockerHostOf('/run/x.sock'), 'unix:///run/x.sock');
    assert.equal(dockerHostOf('\\\\.\\pipe\\strata'), 'npipe:////./pipe/strata');
  });

  it('dumps bytes as hexdump -C does and says what is left out', () => {
    const text = hexDump(Buffer.from('\u0000ABCDEFGHIJKLMNOPQ'), 100);
    assert.deepEqual(text.trimEnd().split('\n'), [
      '00000000  00 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  |.ABCDEFGHIJKLMNO|',
      '00000010  50 51                                             |PQ|',
      '… the first 18 of 100 bytes',
    ]);
    assert.equal(looksBinary(Buffer.from('a\u0000b')), true);
    assert.equal(looksBinary(Buffer.from('äöü')), false);
  });
});
