import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../../extension/connection/connect.ts';
import type { Connection } from '../../../extension/connection/connection.ts';
import { ping } from '../../../extension/connection/ping.ts';
import { localMachine } from '../../../extension/machines/machine.ts';
import { startDaemon } from '../../support/start-daemon.ts';
import { waitFor } from '../../support/wait-for.ts';
import { buildParts, changedParts, makeAgentPlace, type AgentPlace } from './agent-place.ts';
import { scriptedPrompts, type ScriptedPrompts } from './fake-prompts.ts';

const stepsOf = (prompts: ScriptedPrompts): string[] => [...new Set(prompts.steps.map(({ step }) => step))];

describe('connecting to this machine', function () {
  this.timeout(60_000);
  let place: AgentPlace;
  let partsDirectory: string;

  const dial = (prompts: ScriptedPrompts, parts = partsDirectory): Promise<Connection> =>
    connect(localMachine, prompts, {
      partsDirectory: parts,
      instance: place.instance,
      times: { firstRetry: 50, lastRetry: 100, probe: 100 },
    });

  before(async function () {
    if (process.getuid?.() !== 0) {
      console.log('      skipped: it takes root');
      this.skip();
    }
    this.timeout(300_000);
    partsDirectory = await buildParts();
    place = await makeAgentPlace();
  });

  after(async () => {
    await place?.[Symbol.asyncDispose]();
  });

  it('installs and starts the agent, and finds it the next time', async () => {
    const first = scriptedPrompts();
    await using one = await dial(first);
    assert.deepEqual(stepsOf(first), ['probe', 'upload', 'install', 'start', 'connect']);
    const pid = await place.pid();
    const second = scriptedPrompts();
    await using two = await dial(second);
    assert.deepEqual(stepsOf(second), []);
    assert.equal(await place.pid(), pid);
    await ping((signal) => one.openApi(signal), 5000);
    await ping((signal) => two.openApi(signal), 5000);
  });

  it('replaces the agent of another version when the user connects', async () => {
    const pid = await place.pid();
    const old = join(place.instance.prefix, 'f'.repeat(64));
    const fresh = join(place.instance.prefix, 'e'.repeat(64));
    for (const path of [old, fresh]) {
      await mkdir(path);
      await writeFile(join(path, 'part.json'), '{}');
    }
    const monthAgo = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    await utimes(old, monthAgo, monthAgo);
    await using connection = await dial(
      scriptedPrompts(),
      await changedParts(partsDirectory, join(place.root, 'parts')),
    );
    await ping((signal) => connection.openApi(signal), 5000);
    assert.notEqual(await place.pid(), pid);
    assert.ok(!existsSync(old), 'a version that nothing has used for a week is gone');
    assert.ok(existsSync(fresh));
  });

  it('does not start an agent again that was ended on this machine', async () => {
    const prompts = scriptedPrompts();
    await using connection = await dial(prompts, join(place.root, 'parts'));
    const reasons: (string | undefined)[] = [];
    connection.onStateChange((_state, reason) => reasons.push(reason));
    process.kill(await place.pid(), 'SIGTERM');
    await waitFor('a try to come back', () => reasons.includes('the agent of this machine has ended'));
    assert.equal(connection.state, 'reconnecting');
    assert.deepEqual(stepsOf(prompts), []);
  });

  it('takes a daemon as it is that somebody else has started', async () => {
    await using daemon = await startDaemon();
    const prompts = scriptedPrompts();
    await using connection = await connect(localMachine, prompts, {
      partsDirectory: '/nonexistent',
      instance: { ...place.instance, socket: daemon.socket, pidfile: join(daemon.root, 'pid') },
    });
    await ping((signal) => connection.openApi(signal), 5000);
    assert.deepEqual(stepsOf(prompts), []);
  });
});
