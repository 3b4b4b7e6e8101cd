import assert from 'node:assert/strict';
import type { ContainerSummary } from '../../../extension/client/shapes/containers.ts';
import type { EngineEvent } from '../../../extension/client/shapes/system.ts';
import {
  emptyState,
  sortedContainers,
  staleAfter,
  withContainer,
} from '../../../extension/model/engine-state.ts';

const event = (Type: string, Action: string, ID = 'c1'): EngineEvent => ({ Type, Action, Actor: { ID } });
const container = (Id: string, State: string, Created = 0): ContainerSummary => ({
  Id,
  Names: [`/${Id}`],
  Image: 'busybox',
  ImageID: 'sha256:1',
  Command: 'sh',
  Created,
  Ports: [],
  State,
  Status: State,
});

describe('the state that the views show', () => {
  it('asks for a container again when it started, died or got another name', () => {
    for (const action of ['create', 'start', 'die', 'rename', 'health_status: healthy']) {
      assert.deepEqual(staleAfter(event('container', action)), { kind: 'container', id: 'c1' }, action);
    }
  });

  it('does not ask again for what changes nothing that is shown', () => {
    for (const action of ['exec_start: sh', 'attach', 'top', 'resize']) {
      assert.equal(staleAfter(event('container', action)), undefined, action);
    }
    assert.equal(staleAfter(event('network', 'connect')), undefined);
  });

  it('drops a destroyed container without asking', () => {
    assert.deepEqual(staleAfter(event('container', 'destroy')), { kind: 'container-gone', id: 'c1' });
  });

  it('lists the images again after a pull, a tag and a removal', () => {
    for (const action of ['pull', 'tag', 'untag', 'delete']) {
      assert.deepEqual(staleAfter(event('image', action)), { kind: 'images' }, action);
    }
  });

  it('replaces a container and keeps the others', () => {
    const before = withContainer(
      withContainer(emptyState, 'a', container('a', 'created')),
      'b',
      container('b', 'running'),
    );
    const after = withContainer(before, 'a', container('a', 'running'));
    assert.deepEqual(after.containers.map(({ Id, State }) => `${Id} ${State}`).sort(), [
      'a running',
      'b running',
    ]);
    assert.equal(before.containers.find(({ Id }) => Id === 'a')?.State, 'created');
    assert.equal(withContainer(after, 'b', undefined).containers.length, 1);
  });

  it('shows running containers first, the youngest on top', () => {
    const state = {
      ...emptyState,
      containers: [
        container('old', 'running', 1),
        container('dead', 'exited', 9),
        container('young', 'running', 5),
      ],
    };
    assert.deepEqual(
      sortedContainers(state).map(({ Id }) => Id),
      ['young', 'old', 'dead'],
    );
  });
});
