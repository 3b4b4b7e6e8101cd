import assert from 'node:assert/strict';
import { defaultInstance } from '../../../extension/connection/bootstrap/instance.ts';
import { agentInstance } from '../../../extension/model/agent-instance.ts';

describe('where the agent lives', () => {
  it("is the machine's usual place without settings", () => {
    assert.deepEqual(agentInstance({ socket: '', dataRoot: '', runRoot: '' }), defaultInstance);
  });

  it('keeps all files of an agent elsewhere below its own directories, without a unit', () => {
    const instance = agentInstance({ socket: '', dataRoot: '/d', runRoot: '/r' });
    assert.equal(instance.socket, '/r/strata.sock');
    assert.equal(instance.pidfile, '/r/stratad.pid');
    assert.equal(instance.dataRoot, '/d');
    assert.equal(instance.unit, undefined);
  });
});
