// Prints the medians of the life of `true` and of an exec in milliseconds. Run by hand: node test/linux/runtime/measure.ts [runs]
import { RuntimeFixture } from './runtime-fixture.ts';

const runs = Number(process.argv[2] ?? 20);
const fixture = new RuntimeFixture();
await fixture.open();
const times: Record<string, number[]> = {};
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  (times[name] ??= []).push(performance.now() - begin);
  return result;
}
try {
  for (let run = 0; run < runs; run += 1) {
    const request = fixture.request(['true']);
    const { runtime } = fixture;
    await timed('create', () => runtime.create(request));
    const streams = await timed('attach', () => runtime.attach(request.id, { stdin: false, tty: false }));
    streams.stdout.resume();
    streams.stderr?.resume();
    await timed('start', () => runtime.start(request.id));
    await timed('exit seen after start', () => runtime.waitExit(request.id));
    await timed('delete', () => runtime.delete(request.id));
  }
  const host = fixture.request(['sleep', '100']);
  await fixture.runtime.create(host);
  await fixture.runtime.start(host.id);
  for (let run = 0; run < runs; run += 1) {
    const { process } = fixture.request(['true']).spec;
    const exec = { containerId: host.id, execId: `e${run}`, process, tty: false, openStdin: false };
    const running = await timed('exec begun', () => fixture.runtime.exec(exec));
    running.streams?.stdout.resume();
    running.streams?.stderr?.resume();
    await timed('exec ended', () => running.exit);
  }
} finally {
  await fixture.close();
}
for (const [name, values] of Object.entries(times)) {
  const sorted = values.sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(1);
  process.stdout.write(`${name.padEnd(24)} median ${at(0.5)} ms, fastest ${at(0)}, slowest ${at(1)}\n`);
}
