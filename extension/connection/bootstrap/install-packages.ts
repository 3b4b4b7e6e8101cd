import { ConnectFailure } from '../failure.ts';
import type { Prompts } from '../prompts.ts';
import type { Host } from './host.ts';
import type { HostFacts } from './probe.ts';
import type { Program } from './probe-script.ts';
import { installCommand, rootOf } from './requirements.ts';

/** Offers to install what is missing with the machine's own package manager. @throws ConnectFailure */
export async function installPackages(
  { host, prompts, signal }: { host: Host; prompts: Prompts; signal: AbortSignal },
  facts: HostFacts,
  missing: Program[],
): Promise<void> {
  const list = missing.join(', ');
  if (facts.packageManager === undefined) {
    throw new ConnectFailure(
      'missing-programs',
      `${host.name} lacks ${list}, and no package manager that is known was found`,
      {
        action: 'none',
      },
    );
  }
  const command = installCommand(facts.packageManager, missing);
  const as = rootOf(host.name, facts);
  if (!(await prompts.installPackages({ host: host.name, missing, command }))) {
    throw new ConnectFailure(
      'install-declined',
      `${host.name} lacks ${list}. They can be installed with: ${command}`,
      {
        action: 'install-packages',
        command,
      },
    );
  }
  prompts.progress({ step: 'install-packages', message: `installing ${list}` });
  let said = '';
  const { code } = await host.script(command, {
    as,
    timeoutMs: 600_000,
    signal,
    onOutput: (text) => {
      said = `${said}${text}`.slice(-8000);
      const line = said.trim().split('\n').at(-1);
      if (line) prompts.progress({ step: 'install-packages', message: line });
    },
  });
  if (code === 0) return;
  throw new ConnectFailure(
    'install-failed',
    `${list} could not be installed on ${host.name} (exit code ${code}): ${command}`,
    {
      action: 'show-log',
      command,
      log: said,
    },
  );
}
