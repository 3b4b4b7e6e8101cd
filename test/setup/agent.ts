import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { callApi } from '../support/api-client.ts';
import { fromRoot } from './build.ts';
import { rootPrefix } from './debian-packages.ts';
import { endKept, keepProcess, keptProcess } from './kept-process.ts';
import { done, SetupError, type Done } from './step.ts';

export const AGENT_SOCKET = '/run/strata/strata.sock';

/**
 * Starts the engine on this machine, the embedded default. One of the same build that answers is kept;
 * one of another build is replaced, and its containers go on.
 */
export async function ensureAgent(): Promise<Done<string>> {
  const build = await agentBuild();
  const kept = await keptProcess('stratad');
  if (kept?.build === build && (await answers())) return done(AGENT_SOCKET, `runs already, pid ${kept.pid}`);
  const command = [
    process.execPath,
    fromRoot('dist', 'agent', 'stratad.mjs'),
    'serve',
    '--socket',
    AGENT_SOCKET,
  ];
  const prefix = await rootPrefix(command.join(' '));
  const replaced = await endKept('stratad', prefix);
  if (!replaced && (await answers()))
    return done(AGENT_SOCKET, 'another stratad answers on its socket: kept');
  const { pid } = await keepProcess('stratad', {
    command: [...prefix, ...command],
    build,
    note: AGENT_SOCKET,
    ready: answers,
    timeout: 20_000,
  });
  return done(
    AGENT_SOCKET,
    `${replaced ? 'replaced by this build' : 'started'}, pid ${pid}, on ${AGENT_SOCKET}`,
  );
}

export async function stopAgent(): Promise<string> {
  if ((await keptProcess('stratad')) === null) return 'was not running';
  await endKept('stratad', await rootPrefix('kill the stratad of this checkout'));
  return 'stopped; its containers go on';
}

async function answers(): Promise<boolean> {
  try {
    return (await callApi(AGENT_SOCKET, '/_ping', { timeout: 2_000 })).status === 200;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code !== 'EACCES') return false;
    throw new SetupError(
      `${AGENT_SOCKET} belongs to the group strata, and this user is not in it`,
      'run "sudo usermod -aG strata $USER" (the group is as good as root), log in again, and run this again',
      error,
    );
  }
}

/** A digest of the bundle: two agents of the same text are the same build. */
async function agentBuild(): Promise<string> {
  const directory = fromRoot('dist', 'agent');
  const hash = createHash('sha256');
  for (const name of (await readdir(directory)).filter((name) => name.endsWith('.mjs')).sort()) {
    hash.update(await readFile(`${directory}/${name}`));
  }
  return hash.digest('hex').slice(0, 16);
}
