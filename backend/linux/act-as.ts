import { syscall } from './libc.ts';

const setfsuid = syscall('int setfsuid(unsigned int id)');
const setfsgid = syscall('int setfsgid(unsigned int id)');
const capget = syscall('int capget(void *header, void *values)');
const capset = syscall('int capset(void *header, const void *values)');

const CAPABILITY_VERSION_3 = 0x20080522;

/**
 * From here on the calling thread makes files that belong to this id and group; it keeps all its rights. A mount
 * whose owners are mapped takes files of ids that the mapping has and of nobody else, not of root either.
 * Returns the way back. For worker threads.
 */
export function actAs(id: number): () => void {
  if (id === 0) return () => undefined;
  setfsgid(`act as group ${id}`, id);
  setfsuid(`act as ${id}`, id);
  keepCapabilities();
  return () => {
    setfsuid('act as root', 0);
    setfsgid('act as root', 0);
  };
}

/** Leaving root's file system id takes the rights over files away, from the effective set only (capabilities(7)). */
function keepCapabilities(): void {
  // struct __user_cap_header_struct, and two times struct __user_cap_data_struct: effective, permitted, inheritable.
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  const values = Buffer.alloc(24);
  capget('read the capabilities', header, values);
  for (const at of [0, 12]) values.writeUInt32LE(values.readUInt32LE(at + 4), at);
  capset('raise the capabilities', header, values);
}
