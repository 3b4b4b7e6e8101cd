import { ConnectFailure } from '../failure.ts';
import type { Prompts } from '../prompts.ts';
import type { Host } from './host.ts';
import { quote, type Instance } from './instance.ts';
import type { Part } from './parts.ts';
import { uploadPath } from './upload.ts';

interface InstallContext {
  host: Host;
  prompts: Prompts;
  instance: Instance;
  as: 'user' | 'sudo';
  signal: AbortSignal;
}

/**
 * As root: copies each part out of the user's directory, checks the copy against its digest, and unpacks
 * that copy. The user's file is never run, so it does not matter who could still write to it.
 */
export async function installParts(
  context: InstallContext,
  uploads: string,
  parts: readonly Part[],
): Promise<void> {
  const { host, prompts, instance, as, signal } = context;
  prompts.progress({ step: 'install', message: `installing the agent in ${instance.prefix}` });
  const script = [head(instance), ...parts.map((part) => installOne(instance, uploads, part))].join('\n');
  const { code, stdout, stderr } = await host.script(script, { as, timeoutMs: 120_000, signal });
  if (code === 0) return;
  throw new ConnectFailure(
    'install-failed',
    `the agent could not be installed on ${host.name}: ${lastLine(stderr)}`,
    {
      action: 'show-log',
      log: `${stdout}${stderr}`.slice(-4000),
    },
  );
}

function head({ prefix }: Instance): string {
  return `
set -eu
umask 022
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
mkdir -p ${quote(prefix)}
chmod 755 ${quote(prefix)}
# Two windows may install at the same time.
if command -v flock >/dev/null 2>&1; then exec 9>${quote(`${prefix}/.lock`)}; flock -w 100 9; fi
new=
trap 'rm -rf "$new"' EXIT
`;
}

function installOne({ prefix }: Instance, uploads: string, part: Part): string {
  const target = quote(`${prefix}/${part.digest}`);
  const probe = part.kind === 'runtime' ? '"$new/part/node" --version >/dev/null' : ':';
  return `
if [ ! -f ${target}/part.json ]; then
  new=$(mktemp -d ${quote(`${prefix}/.new.XXXXXX`)})
  cp ${quote(uploadPath(uploads, part))} "$new/part.tar.gz"
  if ! printf '%s  %s\\n' ${part.digest} "$new/part.tar.gz" | sha256sum -c - >/dev/null 2>&1; then
    rm -f ${quote(uploadPath(uploads, part))}
    echo 'the copy of the ${part.kind} does not have the digest ${part.digest}' >&2
    exit 1
  fi
  mkdir "$new/part"
  tar -xzf "$new/part.tar.gz" -C "$new/part"
  chown -R 0:0 "$new/part"
  ${probe}
  # A host that loses power now must not find half of the agent under its final name.
  sync
  rm -rf ${target}
  mv "$new/part" ${target}
  rm -rf "$new"
fi
rm -f ${quote(uploadPath(uploads, part))}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
