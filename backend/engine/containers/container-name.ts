import { invalidArgument } from '../../base/errors.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** The name without its leading slash. @throws invalid-argument in Docker's words */
export function checkedName(name: string): string {
  const plain = name.replace(/^\//, '');
  if (!NAME.test(plain)) {
    throw invalidArgument(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  return plain;
}
