import assert from 'node:assert/strict';
import { parseSignal } from '../../../../backend/engine/containers/signals.ts';
import { mergeConfig, mergeEnv } from '../../../../backend/engine/containers/merge-config.ts';
import { parseBind } from '../../../../backend/engine/containers/parse-bind.ts';
import { parsePort, portMappings } from '../../../../backend/engine/containers/port-mappings.ts';
import { nextDelay } from '../../../../backend/engine/containers/restart-policy.ts';
import { filterProcesses } from '../../../../backend/engine/containers/top.ts';
import { createRequest } from '../../../support/fakes/fake-engine.ts';
import { fakeImage } from '../../../support/fakes/fake-images.ts';

const refused = { code: 'invalid-argument' };

describe('the command of a container', () => {
  const image = fakeImage('x', { Entrypoint: ['/entry'], Cmd: ['one', 'two'] }).config;
  const command = (wishes: Parameters<typeof createRequest>[0]) => {
    const { entrypoint, cmd } = mergeConfig('0123456789abcdef', image, createRequest(wishes));
    return [...entrypoint, '|', ...cmd].join(' ').trim();
  };

  it('is the image’s where nothing else is asked for', () => {
    assert.equal(command({}), '/entry | one two');
    assert.equal(command({ cmd: [] }), '/entry | one two');
  });

  it('of the user takes the place of the image’s, after its entrypoint', () => {
    assert.equal(command({ cmd: ['three'] }), '/entry | three');
  });

  it('of the image goes when the user gives an entrypoint, an empty one too', () => {
    assert.equal(command({ entrypoint: ['/other'] }), '/other |');
    assert.equal(command({ entrypoint: [''], cmd: ['ls'] }), '| ls');
    assert.throws(() => command({ entrypoint: [''] }), refused);
  });
});

describe('the configuration of a container', () => {
  it('adds labels, ports and volumes of both, the user’s winning', () => {
    const image = fakeImage('x', {
      Labels: { a: 'image', b: 'image' },
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/data': {} },
      User: 'nobody',
      WorkingDir: '/w',
      StopSignal: 'SIGINT',
    }).config;
    const merged = mergeConfig(
      '0123456789abcdef',
      image,
      createRequest({ labels: { b: 'user' }, exposedPorts: ['80/tcp', '81/tcp'], volumes: ['/more'] }),
    );
    assert.deepEqual(merged.labels, { a: 'image', b: 'user' });
    assert.deepEqual(merged.exposedPorts, ['80/tcp', '81/tcp']);
    assert.deepEqual(merged.volumes, ['/data', '/more']);
    assert.deepEqual([merged.user, merged.workingDir, merged.stopSignal], ['nobody', '/w', 'SIGINT']);
    assert.equal(merged.hostname, '0123456789ab');
  });

  it('replaces variables by name and removes those that are named alone', () => {
    assert.deepEqual(mergeEnv(['A=1', 'B=2', 'C=3'], ['B=x=y', 'C', 'D=']), ['A=1', 'B=x=y', 'D=']);
  });
});

describe('a signal', () => {
  for (const [text, number] of [
    ['SIGTERM', 15],
    ['term', 15],
    ['15', 15],
    ['SIGRTMIN+3', 37],
    ['RTMAX-1', 63],
  ] as const) {
    it(`${text} is number ${number}`, () => assert.equal(parseSignal(text), number));
  }

  it('that is none is refused', () => {
    for (const bad of ['', '0', '65', 'SIGNOTHING', '-1', '9x', 'constructor', 'RTMIN+99'])
      assert.throws(() => parseSignal(bad), refused, bad);
  });
});

describe('a -v string', () => {
  it('is a bind, a named volume or an anonymous one', () => {
    assert.deepEqual(pick('/host:/in:ro'), ['bind', '/host', '/in', true]);
    assert.deepEqual(pick('name:/in'), ['volume', 'name', '/in', false]);
    assert.deepEqual(pick('/in'), ['volume', '', '/in', false]);
    assert.deepEqual(pick('/host/../other//:/in/./x/'), ['bind', '/other', '/in/x', false]);
  });

  it('keeps propagation and nocopy', () => {
    const bind = parseBind('/a:/b:rslave,nocopy,z');
    assert.deepEqual([bind.propagation, bind.noCopy], ['rslave', true]);
  });

  it('that makes no sense is refused', () => {
    for (const bad of ['', ':', 'a:b', '/a:/', '/a:/b:what', '/a:/b:ro:x', 'a:relative:ro', '/a:/b/..'])
      assert.throws(() => parseBind(bad), refused, bad);
  });

  function pick(text: string): unknown[] {
    const { type, source, target, readOnly } = parseBind(text);
    return [type, source, target, readOnly];
  }
});

describe('published ports', () => {
  const host = (wishes: object) => ({ ...createRequest().hostConfig, ...wishes });

  it('come from the bindings, and with -P also from what is exposed', () => {
    const bindings = { '80/tcp': [{ hostIp: '127.0.0.1', hostPort: '8080' }] };
    const exposed = { exposedPorts: ['80/tcp', '53/udp'] };
    const one = { protocol: 'tcp', containerPort: 80, hostAddress: '127.0.0.1', hostPort: 8080 };
    assert.deepEqual(portMappings(exposed, host({ portBindings: bindings })), [one]);
    assert.deepEqual(portMappings(exposed, host({ portBindings: bindings, publishAllPorts: true })), [
      one,
      { protocol: 'udp', containerPort: 53, hostAddress: '', hostPort: 0 },
    ]);
  });

  it('may be any of a range, on an address in brackets', () => {
    const bindings = { '80/sctp': [{ hostIp: '[::1]', hostPort: '8000-8010' }] };
    assert.deepEqual(portMappings({ exposedPorts: [] }, host({ portBindings: bindings })), [
      { protocol: 'sctp', containerPort: 80, hostAddress: '::1', hostPort: 8000, hostPortEnd: 8010 },
    ]);
  });

  it('that are none are refused', () => {
    for (const bad of ['', '0', '65536', '80/icmp', 'http', '80/', '-1'])
      assert.throws(() => parsePort(bad), refused, bad);
    for (const hostPort of ['65536', 'x', '8000-65536', '9-8'])
      assert.throws(
        () =>
          portMappings(
            { exposedPorts: [] },
            host({ portBindings: { '80/tcp': [{ hostIp: '', hostPort }] } }),
          ),
        refused,
        hostPort,
      );
  });
});

describe('the pause before an automatic restart', () => {
  it('doubles from 100 ms to a minute, and starts over after a healthy run', () => {
    assert.deepEqual(
      [
        nextDelay(0, 0),
        nextDelay(100, 0),
        nextDelay(51_200, 0),
        nextDelay(60_000, 0),
        nextDelay(60_000, 10_000),
      ],
      [100, 200, 60_000, 60_000, 100],
    );
  });
});

describe('top', () => {
  const ps = 'UID   PID  PPID CMD\nroot    1     0 /sbin/init a  b\nroot   12     1 sleep 10\n';

  it('keeps the container’s processes and the spaces of command lines together', () => {
    assert.deepEqual(filterProcesses(ps, new Set([1])), {
      titles: ['UID', 'PID', 'PPID', 'CMD'],
      processes: [['root', '1', '0', '/sbin/init a b']],
    });
  });

  it('needs a PID column', () => {
    assert.throws(() => filterProcesses('CMD\nx\n', new Set([1])), refused);
  });
});
