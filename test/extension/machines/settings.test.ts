import assert from 'node:assert/strict';
import { parseAddress, parseMachineSettings } from '../../../extension/machines/settings.ts';

describe('the setting strata.machines', () => {
  it('takes addresses and objects', () => {
    const { machines, problems } = parseMachineSettings([
      'me@box:2222',
      'plain',
      'ssh://root@[::1]:22',
      { name: 'lab', host: '10.0.0.7', user: 'ada', identityFile: '~/.ssh/lab', proxyJump: 'gate' },
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      machines.map(({ id, host, user, port }) => [id, host, user, port]),
      [
        ['ssh:me@box:2222', 'box', 'me', 2222],
        ['ssh:plain', 'plain', undefined, undefined],
        ['ssh:ssh://root@[::1]:22', '::1', 'root', 22],
        ['ssh:lab', '10.0.0.7', 'ada', undefined],
      ],
    );
  });

  it('names the entry that it cannot read and keeps the others', () => {
    const { machines, problems } = parseMachineSettings(['good', 'a b', { host: '' }, 7, 'good', 'x:99999']);
    assert.deepEqual(
      machines.map(({ label }) => label),
      ['good'],
    );
    assert.equal(problems.length, 5);
    assert.match(problems[0] ?? '', /^strata\.machines\[1\] is not of the form user@host:port/);
    assert.match(problems[3] ?? '', /^strata\.machines\[4\] names good a second time/);
  });

  it('refuses names that ssh would read as options', () => {
    assert.equal(typeof parseAddress('-oProxyCommand=evil'), 'string');
    assert.equal(typeof parseAddress('-lroot@host'), 'string');
    assert.equal(parseMachineSettings([{ host: '-oProxyCommand=x' }]).problems.length, 1);
    assert.equal(parseMachineSettings([{ host: 'ok', user: '-x' }]).problems.length, 1);
    assert.equal(parseMachineSettings([{ host: 'ok', proxyJump: '-x' }]).problems.length, 1);
  });

  it('has no machines where nothing is set, and says when it is no list', () => {
    assert.deepEqual(parseMachineSettings(undefined), { machines: [], problems: [] });
    assert.deepEqual(parseMachineSettings('box').problems, ['strata.machines is not a list']);
  });
});
