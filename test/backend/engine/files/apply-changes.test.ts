import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { applyChanges, type RunConfig } from '../../../../backend/engine/files/apply-changes.ts';
import { fillRunConfig } from '../../../../backend/engine/files/image-run-config.ts';

const after = (...changes: string[]): RunConfig => applyChanges({}, changes);

describe('changes of a commit', () => {
  it('CMD and ENTRYPOINT take the exec and the shell form', () => {
    assert.deepEqual(after('CMD ["a", "b c"]').Cmd, ['a', 'b c']);
    assert.deepEqual(after('CMD a "b c"').Cmd, ['/bin/sh', '-c', 'a "b c"']);
    assert.deepEqual(after('ENTRYPOINT ["x"]').Entrypoint, ['x']);
    assert.deepEqual(applyChanges({ Shell: ['/bin/bash', '-c'] }, ['CMD a']).Cmd, ['/bin/bash', '-c', 'a']);
    assert.deepEqual(after("CMD ['a']").Cmd, ['/bin/sh', '-c', "['a']"]);
  });

  it('an ENTRYPOINT drops the command, unless one was given too', () => {
    assert.equal(applyChanges({ Cmd: ['old'] }, ['ENTRYPOINT ["x"]']).Cmd, null);
    assert.deepEqual(after('CMD ["c"]', 'ENTRYPOINT ["x"]').Cmd, ['c']);
  });

  it('ENV takes pairs, quotes, the old form, and earlier variables', () => {
    assert.deepEqual(after('ENV A=1 B="2 3" C=\'$A\' D=$A-${B} E=a\\ b').Env, [
      'A=1',
      'B=2 3',
      'C=$A',
      'D=-',
      'E=a b',
    ]);
    assert.deepEqual(after('ENV A=1', 'ENV B=$A${X:-y}${A:+z}').Env, ['A=1', 'B=1yz']);
    assert.deepEqual(after('ENV A some words').Env, ['A=some words']);
    assert.deepEqual(applyChanges({ Env: ['A=1', 'Z=9'] }, ['ENV A=2']).Env, ['A=2', 'Z=9']);
  });

  it('EXPOSE, VOLUME and LABEL add', () => {
    const config = after(
      'EXPOSE 80 53/udp 90-91/tcp',
      'VOLUME /a "/b c"',
      'VOLUME ["/d"]',
      'LABEL x=y "a b"="c d"',
    );
    assert.deepEqual(Object.keys(config.ExposedPorts ?? {}), ['80/tcp', '53/udp', '90/tcp', '91/tcp']);
    assert.deepEqual(Object.keys(config.Volumes ?? {}), ['/a', '/b c', '/d']);
    assert.deepEqual(config.Labels, { x: 'y', 'a b': 'c d' });
  });

  it('WORKDIR goes on from where it is', () => {
    assert.equal(after('WORKDIR /a', 'WORKDIR b/../c').WorkingDir, '/a/c');
    assert.equal(after('WORKDIR a').WorkingDir, '/a');
  });

  it('USER, STOPSIGNAL and ONBUILD are kept', () => {
    const config = after('USER www:www', 'STOPSIGNAL SIGQUIT', 'ONBUILD RUN make all');
    assert.equal(config.User, 'www:www');
    assert.equal(config.StopSignal, 'SIGQUIT');
    assert.deepEqual(config.OnBuild, ['RUN make all']);
  });

  it('HEALTHCHECK takes flags and both forms', () => {
    assert.deepEqual(
      after('HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl x').Healthcheck,
      {
        Interval: 90e9,
        Timeout: 5e8,
        Retries: 3,
        Test: ['CMD-SHELL', 'curl x'],
      },
    );
    assert.deepEqual(after('HEALTHCHECK CMD ["a","b"]').Healthcheck, { Test: ['CMD', 'a', 'b'] });
    assert.deepEqual(after('HEALTHCHECK NONE').Healthcheck, { Test: ['NONE'] });
  });

  it('one change may hold several instructions, continued lines and comments', () => {
    const config = after('# words\nENV A=1 \\\n  B=2\nuser me');
    assert.deepEqual(config.Env, ['A=1', 'B=2']);
    assert.equal(config.User, 'me');
  });

  it('what is wrong is refused by name', () => {
    const wrong: [change: string, message: RegExp][] = [
      ['RUN make', /RUN is not a valid change command/],
      ['FROM x', /FROM is not a valid change command/],
      ['nonsense', /not a valid change command/],
      ['CMD', /CMD requires at least one argument/],
      ['EXPOSE 99999', /EXPOSE: Invalid containerPort: 99999/],
      ['EXPOSE 9-1', /Invalid containerPort/],
      ['ENV A', /ENV: must have two arguments/],
      ['ENV A=1 B', /can't find = in "B"/],
      ['ENV A="x', /matching quote/],
      ['ENV A=${B', /bad substitution/],
      ['ONBUILD ONBUILD RUN x', /ONBUILD isn't allowed/],
      ['STOPSIGNAL ???', /invalid signal/],
      ['HEALTHCHECK --interval=x CMD y', /invalid duration "x" for --interval/],
      ['HEALTHCHECK FOO', /Unknown type "FOO"/],
      ['HEALTHCHECK --wait=1s CMD x', /unknown flag: --wait/],
      ['HEALTHCHECK --interval=1us CMD x', /cannot be less than 1ms/],
    ];
    for (const [change, message] of wrong)
      assert.throws(() => after(change), { code: 'invalid-argument', message }, change);
  });
});

describe('the configuration of a committed container', () => {
  const container: RunConfig = {
    Cmd: ['sleep'],
    Entrypoint: ['entry'],
    Env: ['A=1', 'B=2'],
    Labels: { a: '1' },
    User: 'me',
    WorkingDir: '/w',
    ExposedPorts: { '80/tcp': {} },
    Healthcheck: { Test: ['CMD', 'x'], Interval: 5 },
  };

  it('is the container’s where nothing else is asked for', () => {
    const filled = fillRunConfig({}, container);
    for (const key of [
      'Cmd',
      'Entrypoint',
      'Env',
      'Labels',
      'User',
      'WorkingDir',
      'ExposedPorts',
      'Healthcheck',
    ])
      assert.deepEqual(filled[key], container[key], key);
  });

  it('joins variables, labels and ports', () => {
    const filled = fillRunConfig(
      { Env: ['B=3'], Labels: { b: '2' }, ExposedPorts: { '1/udp': {} } },
      container,
    );
    assert.deepEqual(filled.Env, ['B=3', 'A=1']);
    assert.deepEqual(filled.Labels, { a: '1', b: '2' });
    assert.deepEqual(Object.keys(filled.ExposedPorts ?? {}), ['80/tcp', '1/udp']);
  });

  it('a new entrypoint comes without the container’s command; a new command keeps the entrypoint', () => {
    assert.deepEqual(fillRunConfig({ Entrypoint: ['e'] }, container).Cmd, null);
    const filled = fillRunConfig({ Cmd: ['c'] }, container);
    assert.deepEqual([filled.Cmd, filled.Entrypoint], [['c'], ['entry']]);
  });

  it('a health check takes what it leaves open from the container', () => {
    assert.deepEqual(fillRunConfig({ Healthcheck: { Retries: 2, Interval: 0 } }, container).Healthcheck, {
      Test: ['CMD', 'x'],
      Interval: 5,
      Retries: 2,
    });
  });
});
