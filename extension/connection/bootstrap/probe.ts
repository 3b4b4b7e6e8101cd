import { z } from 'zod';
import { ConnectFailure } from '../failure.ts';
import type { Host } from './host.ts';
import { quote, type Instance } from './instance.ts';
import { probeScript, PROGRAMS, type Program } from './probe-script.ts';

export interface RunningAgent {
  runtime: string;
  bundle: string;
}

/** What one look at a machine found. */
export interface HostFacts {
  system: string;
  arch: 'x64' | 'arm64' | undefined;
  machine: string;
  kernel: string;
  user: string;
  /** Version, where the machine has the GNU libc. */
  glibc: string | undefined;
  musl: boolean;
  systemd: boolean;
  root: 'self' | 'sudo' | 'sudo-password' | 'no-sudo';
  programs: ReadonlySet<Program>;
  packageManager: PackageManager | undefined;
  overlay: boolean;
  cgroups: 'v2' | 'hybrid' | 'v1' | 'none';
  uploads: string;
  /** Version by digest. */
  installed: ReadonlyMap<string, string>;
  uploaded: ReadonlySet<string>;
  running: RunningAgent | undefined;
  socketWritable: boolean;
}

export type PackageManager = 'apt-get' | 'dnf' | 'apk' | 'pacman' | 'zypper';

const single = z.object({
  system: z.string(),
  arch: z.string(),
  kernel: z.string(),
  user: z.string(),
  glibc: z.string().optional(),
  musl: z.string().optional(),
  init: z.enum(['systemd', 'other']),
  root: z.enum(['self', 'sudo', 'sudo-password', 'no-sudo']),
  manager: z.enum(['apt-get', 'dnf', 'apk', 'pacman', 'zypper']).optional(),
  overlay: z.string().optional(),
  cgroups: z.enum(['v2', 'hybrid', 'v1', 'none']),
  // It becomes part of commands: only what needs no quoting anywhere.
  uploads: z.string().regex(/^\/[\w./@+-]*$/),
  running: z.string().optional(),
  socket_writable: z.string().optional(),
});

/** Looks at a machine in one round trip. @throws ConnectFailure when it cannot be understood. */
export async function probe(host: Host, instance: Instance, signal: AbortSignal): Promise<HostFacts> {
  const { stdout, stderr } = await host.script(probeScript(instance), { timeoutMs: 30_000, signal });
  const facts = parseProbe(stdout, instance);
  if (facts !== undefined) return facts;
  throw new ConnectFailure(
    'unsupported-system',
    `${host.name} could not be examined: it has no POSIX shell that works`,
    {
      action: 'show-log',
      log: `${stdout}${stderr}`.slice(-4000),
    },
  );
}

export function parseProbe(output: string, instance: Instance): HostFacts | undefined {
  const values = new Map<string, string[]>();
  for (const line of output.split(/\r?\n/)) {
    const [, key, value] = /^strata\.([a-z_]+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, [...(values.get(key) ?? []), value]);
  }
  const first = Object.fromEntries([...values].map(([key, [value]]) => [key, value]));
  const parsed = single.safeParse(first);
  if (!parsed.success) return undefined;
  const all = (key: string): string[] => values.get(key) ?? [];
  const { data } = parsed;
  return {
    system: data.system,
    arch: architecture(data.arch),
    machine: data.arch,
    kernel: data.kernel,
    user: data.user,
    glibc: data.glibc === '' ? undefined : data.glibc,
    musl: data.musl !== undefined,
    systemd: data.init === 'systemd',
    root: data.root,
    programs: new Set(PROGRAMS.filter((program) => all('program').includes(program))),
    packageManager: data.manager,
    overlay: data.overlay !== undefined,
    cgroups: data.cgroups,
    uploads: data.uploads,
    installed: new Map(all('installed').map(versionByDigest)),
    uploaded: new Set(all('uploaded')),
    running: data.running === undefined ? undefined : runningAgent(data.running, instance),
    socketWritable: data.socket_writable !== undefined,
  };
}

function versionByDigest(line: string): [string, string] {
  const [digest = '', version = ''] = line.split(' ');
  return [digest, version];
}

function architecture(machine: string): HostFacts['arch'] {
  if (machine === 'x86_64' || machine === 'amd64') return 'x64';
  return machine === 'aarch64' || machine === 'arm64' ? 'arm64' : undefined;
}

/** A process id from a file may belong to anybody by now: its command line must be ours. */
function runningAgent(commandLine: string, instance: Instance): RunningAgent | undefined {
  const [node, script] = commandLine.split(' ');
  const inPrefix = (path: string | undefined, file: string): string | undefined =>
    path?.startsWith(`${instance.prefix}/`) && path.endsWith(`/${file}`)
      ? path.slice(instance.prefix.length + 1, -file.length - 1)
      : undefined;
  const runtime = inPrefix(node, 'node');
  const bundle = inPrefix(script, 'stratad.mjs');
  return runtime === undefined || bundle === undefined ? undefined : { runtime, bundle };
}

/** The programs of an installed agent, for commands. */
export function agentCommand(instance: Instance, { runtime, bundle }: RunningAgent): string {
  return `${quote(`${instance.prefix}/${runtime}/node`)} ${quote(`${instance.prefix}/${bundle}/stratad.mjs`)}`;
}
