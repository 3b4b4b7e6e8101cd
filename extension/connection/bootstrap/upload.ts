import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { ConnectFailure } from '../failure.ts';
import type { Prompts } from '../prompts.ts';
import type { Host } from './host.ts';
import { quote } from './instance.ts';
import type { Part } from './parts.ts';

/**
 * Sends the parts into a directory that only the user can enter. A file gets its name when all of it has
 * arrived, so that a broken upload is never taken for a whole one.
 */
export async function uploadParts(
  { host, prompts, signal }: { host: Host; prompts: Prompts; signal: AbortSignal },
  directory: string,
  parts: readonly Part[],
): Promise<void> {
  await host.script(`mkdir -p ${quote(directory)} && chmod 700 ${quote(directory)}`, { signal });
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const part of parts) {
    const start = before;
    const report = (done: number): void =>
      prompts.progress({
        step: 'upload',
        message: `uploading the agent's ${part.kind}`,
        done: start + done,
        total,
      });
    const path = uploadPath(directory, part);
    await host.upload(`${path}.part`, createReadStream(part.path).pipe(counting(part.size, report)), signal);
    const { code } = await host.script(
      `[ "$(wc -c <${quote(`${path}.part`)})" -eq ${part.size} ] && mv ${quote(`${path}.part`)} ${quote(path)}`,
      { signal },
    );
    if (code !== 0) {
      throw new ConnectFailure(
        'install-failed',
        `the upload of the agent's ${part.kind} to ${host.name} did not arrive whole (is its disk full?)`,
        {
          action: 'retry',
        },
      );
    }
    before += part.size;
  }
}

export function uploadPath(directory: string, { digest }: Part): string {
  return `${directory}/${digest}.tar.gz`;
}

/** Reports each half megabyte: more is no news to anybody who looks at a progress bar. */
function counting(size: number, report: (bytes: number) => void): Transform {
  const step = 512 * 1024;
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const before = Math.floor(bytes / step);
      bytes += chunk.length;
      if (bytes === size || Math.floor(bytes / step) > before) report(bytes);
      done(null, chunk);
    },
  });
}
