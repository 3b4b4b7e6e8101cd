import { readFile } from 'node:fs/promises';
import { isErrno } from '../base/errors.ts';
import { hasOnlyLoopbackResolvers } from './etc-files.ts';

const STUB = '/etc/resolv.conf';
/** Where systemd-resolved names the resolvers that its stub at 127.0.0.53 asks. */
const BEHIND_STUB = '/run/systemd/resolve/resolv.conf';

/** The text of the resolv.conf that containers' own are made from; empty where the host has none. */
export async function readHostResolv(): Promise<string> {
  const text = await readIfThere(STUB);
  return hasOnlyLoopbackResolvers(text) ? (await readIfThere(BEHIND_STUB)) || text : text;
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
