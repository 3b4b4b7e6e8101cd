import assert from 'node:assert/strict';
import { monitorCgroups } from '../../../backend/runtime/prepare-cgroups.ts';

describe('monitorCgroups', () => {
  it('names a hierarchy that another mount hides, and makes no directories for ever', () => {
    const hidden = { version: 2, controllers: [], mountPoint: '/nowhere/cgroup' } as const;
    assert.throws(
      () => monitorCgroups({ mode: 'v2', parent: '/strata', hierarchies: [{ ...hidden, controllers: [] }] }),
      { code: 'unavailable', message: /mounted on \/nowhere\/cgroup cannot be seen/ },
    );
  });
});
