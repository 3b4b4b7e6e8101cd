import { ipBytes, parseIp } from '../base/ip.ts';
import { isErrno } from '../base/errors.ts';
import { syscall } from './libc.ts';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const BACKLOG = 128;
const TRIES = 20;

const socketCall = syscall('int socket(int domain, int type, int protocol)');
const bindCall = syscall('int bind(int fd, const void *address, uint32_t length)');
const listenCall = syscall('int listen(int fd, int backlog)');
const nameCall = syscall('int getsockname(int fd, void *address, void *length)');
const optionCall = syscall(
  'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
);
const closeCall = syscall('int close(int fd)');

/** A datagram socket and a listening one at the same port. Descriptors belong to the process: any thread may use them. */
export interface SocketPair {
  port: number;
  udpFd: number;
  tcpFd: number;
}

/**
 * Made in the calling thread's network namespace, where the sockets stay.
 * @param wanted the port to have if it is free; 0 for any
 */
export function openSocketPair(address: string, wanted: number): SocketPair {
  for (let tries = 1; ; tries += 1) {
    const udpFd = open(SOCK_DGRAM);
    try {
      const port = bind(udpFd, address, tries === 1 ? wanted : 0);
      return { port, udpFd, tcpFd: listen(address, port) };
    } catch (error) {
      closeCall('close a socket', udpFd);
      if (!isErrno(error, 'EADDRINUSE') || tries === TRIES) throw error;
    }
  }
}

export function closeDescriptors(fds: readonly number[]): void {
  for (const fd of fds) closeCall('close a socket', fd);
}

/** Whether the kernel has this protocol for streams, such as 132 for SCTP. */
export function hasStreamProtocol(protocol: number): boolean {
  try {
    closeCall('close a socket', socketCall('try a protocol', AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol));
    return true;
  } catch {
    return false;
  }
}

function listen(address: string, port: number): number {
  const fd = open(SOCK_STREAM);
  try {
    // After a restart connections of the earlier daemon may still wait for their end at this port.
    optionCall('share the port', fd, SOL_SOCKET, SO_REUSEADDR, Buffer.from([1, 0, 0, 0]), 4);
    bind(fd, address, port);
    listenCall(`listen on ${address}:${port}`, fd, BACKLOG);
    return fd;
  } catch (error) {
    closeCall('close a socket', fd);
    throw error;
  }
}

function open(type: number): number {
  return socketCall('make a socket', AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

function bind(fd: number, address: string, port: number): number {
  const name = Buffer.alloc(16);
  name.writeUInt16LE(AF_INET, 0);
  name.writeUInt16BE(port, 2);
  ipBytes(parseIp(address)).copy(name, 4);
  bindCall(`bind ${address}:${port}`, fd, name, name.length);
  const length = Buffer.from([16, 0, 0, 0]);
  nameCall('ask for a port', fd, name, length);
  return name.readUInt16BE(2);
}
