import { conflict } from '../../base/errors.ts';
import type { Container } from './container.ts';

/** It has processes: they run, or are frozen. */
export function isUp({ state }: Pick<Container, 'state'>): boolean {
  return state.status === 'running' || state.status === 'paused';
}

/** What Docker calls running: frozen ones and those between two automatic restarts too. */
export function countsAsRunning(container: Pick<Container, 'state'>): boolean {
  return isUp(container) || container.state.status === 'restarting';
}

export const notRunning = (id: string): Error => conflict(`container ${id} is not running`);

/** For what needs the container's processes. @throws conflict in Docker's words */
export function checkUp({ id, state }: Container): void {
  if (state.status === 'restarting')
    throw conflict(`Container ${id} is restarting, wait until the container is running`);
  if (!isUp({ state })) throw notRunning(id);
}
