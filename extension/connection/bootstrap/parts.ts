import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConnectFailure } from '../failure.ts';
import type { HostFacts } from './probe.ts';

const part = z.object({
  /** sha256 of the archive, 64 hexadecimal digits; also the name of its directory on the machine. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  file: z.string().regex(/^[\w.-]+$/),
  size: z.number().int().positive(),
});

/** `dist/agent-parts/manifest.json`, made by `backend/package/pack-agent.ts`. */
const manifest = z.object({
  version: z.string(),
  bundle: part,
  runtimes: z.object({ x64: part.optional(), arm64: part.optional() }),
});

export interface Part {
  kind: 'runtime' | 'bundle';
  digest: string;
  path: string;
  size: number;
}

/** The two parts of the agent for one machine. */
export interface AgentParts {
  version: string;
  runtime: Part;
  bundle: Part;
}

/** Reads what this extension carries. @throws ConnectFailure `no-agent-parts` */
export async function readParts(
  directory: string,
  arch: NonNullable<HostFacts['arch']>,
): Promise<AgentParts> {
  const file = join(directory, 'manifest.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw missing(
      `this build of the extension carries no agent: ${file} is missing (npm run package makes it)`,
      cause,
    );
  });
  const { version, bundle, runtimes } = manifest.parse(JSON.parse(text));
  const runtime = runtimes[arch];
  if (runtime === undefined) throw missing(`this build of the extension carries no agent for ${arch}`);
  const made = (kind: Part['kind'], { digest, file, size }: z.infer<typeof part>): Part => ({
    kind,
    digest,
    size,
    path: join(directory, file),
  });
  return { version, runtime: made('runtime', runtime), bundle: made('bundle', bundle) };
}

function missing(message: string, cause?: unknown): ConnectFailure {
  return new ConnectFailure('no-agent-parts', message, { action: 'none', cause });
}
