import { isErrno } from '../base/errors.ts';
import { syscall } from './libc.ts';

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;

const optionCall = syscall(
  'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
);

/** How many bytes may wait in a socket, also beyond what the system grants to users where we are privileged. */
export function setReceiveBuffer(fd: number, bytes: number): void {
  const value = Buffer.alloc(4);
  value.writeInt32LE(bytes);
  try {
    optionCall('enlarge a receive buffer', fd, SOL_SOCKET, SO_RCVBUFFORCE, value, value.length);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    optionCall('enlarge a receive buffer', fd, SOL_SOCKET, SO_RCVBUF, value, value.length);
  }
}
