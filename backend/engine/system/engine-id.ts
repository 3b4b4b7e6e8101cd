import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';

/** The name of this engine: made at its first start, kept with its data. */
export function readEngineId(path: string): string {
  try {
    const id = readFileSync(path, 'utf8').trim();
    if (id !== '') return id;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  return writeEngineId(path, randomUUID());
}

function writeEngineId(path: string, id: string): string {
  const making = `${path}.new`;
  const file = openSync(making, 'w', 0o600);
  try {
    writeSync(file, `${id}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(making, path);
  return id;
}
