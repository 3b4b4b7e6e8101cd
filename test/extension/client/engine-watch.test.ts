import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { EngineWatch } from '../../../extension/client/engine-watch.ts';
import { answerJson, startEngineServer } from './engine-server.ts';

const summary = (Id: string, State: string) => ({
  Id,
  Names: [`/${Id}`],
  Image: 'busybox',
  ImageID: 'sha256:1',
  Command: 'sh',
  Created: 1,
  Ports: [],
  State,
  Status: State,
});

/** What the engine of the test holds, and the streams of events that clients listen to. */
function createEngine() {
  const engine = {
    epoch: 'one',
    containers: new Map<string, string>(),
    streams: new Set<ServerResponse>(),
    answer(request: { url?: string | undefined }, response: ServerResponse) {
      const url = new URL(request.url ?? '', 'http://engine');
      if (url.pathname === '/info') return answerJson(response, { Labels: [`strata.epoch=${engine.epoch}`] });
      if (url.pathname === '/images/json') return answerJson(response, []);
      if (url.pathname === '/strata/v1/volumes') return answerJson(response, { volumes: [] });
      if (url.pathname === '/containers/json') {
        const wanted = /"id":\["(\w+)"\]/.exec(url.searchParams.get('filters') ?? '')?.[1];
        const all = Array.from(engine.containers, ([id, state]) => summary(id, state));
        return answerJson(response, wanted === undefined ? all : all.filter(({ Id }) => Id === wanted));
      }
      response.writeHead(200).flushHeaders();
      engine.streams.add(response);
    },
    emit(Action: string, ID: string, time: number) {
      const event = {
        Type: 'container',
        Action,
        Actor: { ID, Attributes: {} },
        time,
        timeNano: time * 1e9 + 5e6,
      };
      for (const stream of engine.streams) stream.write(`${JSON.stringify(event)}\n`);
    },
  };
  return engine;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the watch of an engine', () => {
  it('subscribes before it lists, then applies events to single containers', async () => {
    const model = createEngine();
    model.containers.set('a', 'created');
    await using engine = await startEngineServer((request, response) => model.answer(request, response));
    const watch = new EngineWatch(engine.api, assert.ifError);
    try {
      await until(() => watch.live, 'live');
      assert.equal(engine.requests[0], '/events');
      model.containers.set('a', 'running').set('b', 'created');
      model.emit('start', 'a', 100);
      model.emit('create', 'b', 100);
      await until(() => watch.state.containers.length === 2, 'both');
      await until(() => watch.state.containers.some(({ State }) => State === 'running'), 'a runs');
      model.containers.delete('a');
      model.emit('destroy', 'a', 101);
      await until(() => watch.state.containers.length === 1, 'a is gone');
    } finally {
      watch.close();
    }
  });

  it('resumes behind the last event after a break, without listing again', async () => {
    const model = createEngine();
    model.containers.set('a', 'created');
    await using engine = await startEngineServer((request, response) => model.answer(request, response));
    const watch = new EngineWatch(engine.api, () => undefined);
    try {
      await until(() => watch.live, 'live');
      model.emit('start', 'a', 100);
      await until(() => engine.requests.some((url) => url.includes('filters=')), 'asked for a');
      const listings = () =>
        engine.requests.filter((url) => url === '/containers/json?all=true&size=true').length;
      const before = listings();
      model.streams.clear();
      engine.breakAll();
      await until(() => !watch.live, 'broken');
      watch.retryNow();
      await until(() => watch.live, 'live again');
      const since = engine.requests.findLast((url) => url.startsWith('/events')) ?? '';
      assert.match(since, /^\/events\?since=100\.0049\d+$/);
      assert.equal(listings(), before);
    } finally {
      watch.close();
    }
  });

  it('lists again where the engine started anew', async () => {
    const model = createEngine();
    model.containers.set('a', 'running');
    await using engine = await startEngineServer((request, response) => model.answer(request, response));
    const watch = new EngineWatch(engine.api, () => undefined);
    try {
      await until(() => watch.live, 'live');
      model.emit('start', 'a', 100);
      await until(() => engine.requests.some((url) => url.includes('filters=')), 'asked for a');
      model.epoch = 'two';
      model.containers.clear();
      model.streams.clear();
      engine.breakAll();
      await until(() => watch.live && watch.state.containers.length === 0, 'listed again');
    } finally {
      watch.close();
    }
  });

  it('reports a broken stream once, not at every try', async () => {
    await using engine = await startEngineServer((_request, response) =>
      answerJson(response, { message: 'no' }, 503),
    );
    const reports: unknown[] = [];
    const watch = new EngineWatch(engine.api, (error) => reports.push(error));
    try {
      await until(() => reports.length > 0, 'a report');
      watch.retryNow();
      await until(() => engine.requests.length >= 2, 'another try');
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(reports.length, 1);
      assert.equal(watch.live, false);
    } finally {
      watch.close();
    }
  });
});
