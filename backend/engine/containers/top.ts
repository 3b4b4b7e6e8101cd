import { invalidArgument } from '../../base/errors.ts';
import { tryCommand } from '../../linux/run-command.ts';
import type { EngineContext } from '../context.ts';
import { emitContainer } from './container-events.ts';
import { checkUp } from './status.ts';

export interface ProcessTable {
  titles: string[];
  processes: string[][];
}

/** The host's `ps`, cut down to the container's processes. @throws conflict when it does not run */
export async function topContainer(
  context: EngineContext,
  reference: string,
  psArgs: string,
): Promise<ProcessTable> {
  const container = context.containers.resolve(reference);
  checkUp(container);
  const args = (psArgs || '-ef').trim().split(/\s+/);
  checkPsArgs(psArgs);
  const [pids, ps] = await Promise.all([
    context.runtime.processes(container.id),
    tryCommand('ps', args, { timeout: 10_000 }),
  ]);
  if (ps.code !== 0) throw invalidArgument(`ps ${args.join(' ')} failed: ${ps.stderr.trim()}`);
  const table = filterProcesses(ps.stdout, new Set(pids));
  emitContainer(context, 'top', container);
  return table;
}

/** A column that only calls itself PID would pass off any process as the container's. */
function checkPsArgs(psArgs: string): void {
  for (const [, column = '', title = ''] of psArgs.matchAll(/(?:^|[\s,])([^\s,=]*)=\s*(PID[^\s,]*)/g))
    if (column.replace(/^-?o/, '') !== 'pid')
      throw invalidArgument(`specifying "${column}=${title}" is not allowed`);
}

/** @throws invalid-argument where the columns hold no PID */
export function filterProcesses(output: string, pids: ReadonlySet<number>): ProcessTable {
  const [header = '', ...lines] = output.trimEnd().split('\n');
  const titles = header.trim().split(/\s+/);
  const pidColumn = titles.indexOf('PID');
  if (pidColumn === -1) throw invalidArgument("Couldn't find PID field in ps output: ask for a pid column");
  const processes = lines
    .map((line) => splitColumns(line.trim(), titles.length))
    .filter((columns) => pids.has(Number(columns[pidColumn])));
  return { titles, processes };
}

/** The last column is the command line, which holds spaces of its own. */
function splitColumns(line: string, count: number): string[] {
  const words = line.split(/\s+/);
  return words.length <= count ? words : [...words.slice(0, count - 1), words.slice(count - 1).join(' ')];
}
