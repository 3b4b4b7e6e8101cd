import assert from 'node:assert/strict';
import { humanDuration, statusText } from '../../../../backend/api/wire/container-summary.ts';
import { toCreateRequest } from '../../../../backend/api/wire/container-create.ts';
import { eventLine } from '../../../../backend/api/wire/event.ts';
import { flag, parseFilters, terminalSize, wholeNumber } from '../../../../backend/api/wire/query.ts';
import { goDuration, parseTimestamp } from '../../../../backend/api/wire/timestamp.ts';
import type { Container, ContainerState } from '../../../../backend/engine/containers/container.ts';
import { errorReply } from '../../../../backend/api/server/error-reply.ts';

const NO_QUERY = { name: null, platform: null };
const refused = { code: 'invalid-argument' };
const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('a span in words', () => {
  const second = 1000;
  const hour = 3600 * second;
  const day = 24 * hour;
  for (const [span, words] of [
    [0, 'Less than a second'],
    [-5 * second, 'Less than a second'],
    [second, '1 second'],
    [59 * second, '59 seconds'],
    [60 * second, 'About a minute'],
    [120 * second, '2 minutes'],
    [hour, 'About an hour'],
    [1.5 * hour, '2 hours'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [14 * day, '2 weeks'],
    [60 * day, '2 months'],
    [730 * day, '2 years'],
  ] as const) {
    it(`of ${span / second} seconds is "${words}"`, () => assert.equal(humanDuration(span), words));
  }
});

describe('the status of a container', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  const at = '2026-01-01T00:05:00Z';
  const status = (state: Partial<ContainerState>): string => statusText({ state } as Container, now);

  it('is told in the words of docker ps', () => {
    assert.equal(status({ status: 'created' }), 'Created');
    assert.equal(status({ status: 'running', startedAt: at }), 'Up 5 minutes');
    assert.equal(status({ status: 'exited', exitCode: 3, finishedAt: at }), 'Exited (3) 5 minutes ago');
    assert.equal(
      status({ status: 'restarting', exitCode: 1, finishedAt: at }),
      'Restarting (1) 5 minutes ago',
    );
    assert.equal(status({ status: 'removing' }), 'Removal In Progress');
  });
});

describe('a point in time', () => {
  it('is seconds with a fraction, RFC 3339, or a duration back from now', () => {
    assert.equal(parseTimestamp('1700000000'), 1_700_000_000_000_000_000n);
    assert.equal(parseTimestamp('1700000000.000000001'), 1_700_000_000_000_000_001n);
    assert.equal(parseTimestamp('1700000000.5'), 1_700_000_000_500_000_000n);
    assert.equal(parseTimestamp('2023-11-14T22:13:20Z'), 1_700_000_000_000_000_000n);
    assert.equal(parseTimestamp('10m', 1_000_000), 400_000_000_000n);
  });

  it('that is none is refused', () => {
    for (const bad of ['yesterday', '', '12x', '1.2.3'])
      assert.throws(() => parseTimestamp(bad), refused, bad);
  });

  it('knows the durations of Go', () => {
    assert.equal(goDuration('1h30m'), 5_400_000);
    assert.equal(goDuration('1.5s'), 1500);
    assert.equal(goDuration('250ms'), 250);
    assert.equal(goDuration('10'), undefined);
    assert.equal(goDuration('h'), undefined);
  });
});

describe('query parameters', () => {
  it('are true as Docker has it', () => {
    for (const yes of ['1', 'true', 'True', 'T', 'yes', 'x'])
      assert.equal(flag(query(`a=${yes}`), 'a'), true, yes);
    for (const no of ['', '0', 'false', 'False', 'no', 'none'])
      assert.equal(flag(query(`a=${no}`), 'a'), false, no);
    assert.equal(flag(query(''), 'a', true), true);
  });

  it('are whole numbers, or refused by name', () => {
    assert.equal(wholeNumber(query('t=-1'), 't'), -1);
    assert.equal(wholeNumber(query('t='), 't'), null);
    assert.throws(() => wholeNumber(query('t=1.5'), 't'), { ...refused, message: /parameter t/ });
    assert.deepEqual(terminalSize(query('h=24&w=80')), { rows: 24, columns: 80 });
    assert.throws(() => terminalSize(query('h=24')), { ...refused, message: /parameter w/ });
    assert.throws(() => terminalSize(query('h=70000&w=1')), { ...refused, message: /parameter h/ });
  });

  it('are filters in both of Docker’s forms, known ones only', () => {
    const filters = (value: string) => parseFilters(query(`filters=${encodeURIComponent(value)}`), ['label']);
    assert.deepEqual([...filters('{"label":["a","b=c"]}')], [['label', ['a', 'b=c']]]);
    assert.deepEqual([...filters('{"label":{"a":true}}')], [['label', ['a']]]);
    for (const bad of ['{', '[]', '{"label":"a"}', '{"other":["a"]}', 'null'])
      assert.throws(() => filters(bad), refused, bad);
  });
});

describe('the body of a creation', () => {
  it('that is wrong is refused with the name of the field', () => {
    const message = (body: unknown): string => {
      try {
        toCreateRequest(NO_QUERY, body);
      } catch (error) {
        const { status, body: answer } = errorReply(error);
        return `${status} ${(answer as { message: string }).message}`;
      }
      return 'accepted';
    };
    assert.match(message(undefined), /^400 .*Image/);
    assert.match(message({}), /^400 invalid field Image/);
    assert.match(message({ Image: 'x', Env: 'A=1' }), /^400 invalid field Env/);
    assert.match(
      message({ Image: 'x', HostConfig: { Memory: 1 } }),
      /^400 invalid field HostConfig\.Memory: Minimum/,
    );
    assert.match(
      message({ Image: 'x', HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 80 }] } } }),
      /^400 /,
    );
    assert.match(message({ Image: 'x', WorkingDir: 'w' }), /^400 invalid field WorkingDir/);
    assert.match(message({ Image: 'x', StopSignal: 'SIGWHAT' }), /^400 Invalid signal/);
    assert.match(
      message({ Image: 'x', Healthcheck: { Test: ['RUN', 'x'] } }),
      /^400 invalid field Healthcheck/,
    );
    assert.equal(message({ Image: 'x', Cmd: null, Labels: null, HostConfig: null }), 'accepted');
  });

  it('takes one string for a command of one', () => {
    assert.deepEqual(toCreateRequest(NO_QUERY, { Image: 'x', Cmd: 'ls' }).config.cmd, ['ls']);
  });
});

describe('a line of events', () => {
  it('has its nanoseconds to the last digit', () => {
    const line = eventLine({
      type: 'container',
      action: 'start',
      actor: { id: 'x', attributes: { image: 'box' } },
      time: 1_700_000_000_123_456_789n,
    });
    assert.match(line, /"time":1700000000,"timeNano":1700000000123456789\}\n$/);
    const { status, from, Type } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual([status, from, Type], ['start', 'box', 'container']);
  });
});
