import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { syscall } from './libc.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
/** sizeof(struct sockaddr_un): two bytes of family and 108 of path. */
const ADDRESS_SIZE = 110;
// Missing from Node's constants; the same on all architectures that Node runs on.
const O_PATH = 0o10000000;

const socketCall = syscall('int socket(int domain, int type, int protocol)');
const connectCall = syscall('int connect(int fd, const void *address, uint32_t length)');

/** Connects to a unix socket of type SOCK_SEQPACKET, whatever the length of its path. @returns the descriptor. */
export function connectSeqpacket(path: string): number {
  // A socket address holds 107 bytes of path; through a descriptor of the directory it is always short.
  const directory = openSync(dirname(path), O_PATH | constants.O_DIRECTORY);
  try {
    const fd = socketCall(`socket for ${path}`, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    try {
      const address = Buffer.alloc(ADDRESS_SIZE);
      address.writeUInt16LE(AF_UNIX, 0);
      address.write(`/proc/self/fd/${directory}/${basename(path)}`, 2);
      connectCall(`connect to ${path}`, fd, address, ADDRESS_SIZE);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } finally {
    closeSync(directory);
  }
}
