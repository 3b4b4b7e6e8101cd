import { createConnection } from 'node:net';
import { arch, release } from 'node:os';
import { parseArgs } from 'node:util';
import { tryCommand } from '../linux/run-command.ts';
import { VERSION } from '../engine/version.ts';
import { checkKernel } from './doctor-kernel.ts';
import { lacks, note, ok, type Finding } from './finding.ts';

/** `stratad doctor`: what this machine has and lacks, in plain sentences. Exit code 1 where something is lacking. */
export async function doctor(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { socket: { type: 'string', default: '/run/strata/strata.sock' } },
  });
  const findings = await examine(values.socket);
  const marks = { ok: '✓', note: '·', lacks: '✗' };
  for (const { verdict, sentence } of findings) process.stdout.write(`${marks[verdict]} ${sentence}\n`);
  const lacking = findings.filter(({ verdict }) => verdict === 'lacks').length;
  process.stdout.write(
    lacking === 0
      ? 'Containers can run here.\n'
      : `${lacking} thing(s) must be mended before containers can run here.\n`,
  );
  process.exitCode = lacking === 0 ? 0 : 1;
}

export async function examine(socket: string): Promise<Finding[]> {
  return [
    ok(`This is stratad ${VERSION} on Linux ${release()} (${arch()}), run by Node ${process.versions.node}.`),
    root(),
    await runtime(),
    await program('conmon', ['--version'], 'conmon, which keeps watch over each container,'),
    await program('ip', ['-V'], 'ip, from iproute2,'),
    await nftables(),
    ...(await checkKernel()),
    ...(await firewalls()),
    await daemon(socket),
  ];
}

function root(): Finding {
  return process.getuid?.() === 0
    ? ok('It runs as root, as it must.')
    : lacks('It does not run as root: run it with sudo, or some of what follows cannot be told.');
}

/** The first line that a program says about itself; undefined where it is missing. */
async function firstLine(name: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr, code } = await tryCommand(name, args, { timeout: 10_000 });
    return code === 0 ? ((stdout || stderr).split('\n')[0] ?? '').trim() : undefined;
  } catch {
    return undefined;
  }
}

async function runtime(): Promise<Finding> {
  const crun = await firstLine('crun', ['--version']);
  if (crun !== undefined) return ok(`The OCI runtime is ${crun}.`);
  const runc = await firstLine('runc', ['--version']);
  if (runc !== undefined) return note(`The OCI runtime is ${runc}; crun would start containers faster.`);
  return lacks('There is no OCI runtime: install crun.');
}

async function program(name: string, args: readonly string[], what: string): Promise<Finding> {
  const said = await firstLine(name, args);
  return said === undefined
    ? lacks(`${what} is missing: install ${name}.`)
    : ok(`${what} is there: ${said}.`);
}

async function nftables(): Promise<Finding> {
  if ((await firstLine('nft', ['--version'])) === undefined)
    return lacks('nft is missing: install nftables.');
  const list = await firstLine('nft', ['list', 'tables']);
  return list === undefined
    ? lacks(
        'nft is there, but the kernel does not let it list tables: networks and published ports cannot work.',
      )
    : ok('nft is there and the kernel answers it.');
}

/** Other firewalls whose forward chain may drop what ours accepts. */
async function firewalls(): Promise<Finding[]> {
  const { stdout } = await tryCommand('nft', ['list', 'chains'], { timeout: 10_000 }).catch(() => ({
    stdout: '',
  }));
  const dropping = [...stdout.matchAll(/chain (\S+) \{\s*type filter hook forward [^}]*policy drop/g)].map(
    ([, name]) => name,
  );
  if (dropping.length === 0) return [];
  const names = dropping.join(', ');
  return [
    note(
      `Another firewall drops forwarded packets by default (chain ${names}): strata keeps one marked accept in it.`,
    ),
  ];
}

function daemon(socket: string): Promise<Finding> {
  return new Promise((resolve) => {
    const stream = createConnection(socket);
    const done = (finding: Finding) => (): void => {
      stream.destroy();
      resolve(finding);
    };
    stream.setTimeout(3000, done(note(`Something holds ${socket} open and does not answer.`)));
    stream.once('connect', done(ok(`A daemon listens on ${socket}.`)));
    stream.once('error', (error: Error & { code?: string }) => {
      const denied = error.code === 'EACCES';
      done(
        note(
          denied
            ? `You may not open ${socket}: it is for root and its group.`
            : `No daemon listens on ${socket}.`,
        ),
      )();
    });
  });
}
