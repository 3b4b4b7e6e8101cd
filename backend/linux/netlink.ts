import { isErrno } from '../base/errors.ts';
import { SyscallError, syscall } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

const HEADER = 16;
const RECEIVE_SECONDS = 10n;

const socketCall = syscall('int socket(int domain, int type, int protocol)');
const setOption = syscall(
  'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
);
const sendCall = syscall('long send(int fd, const void *bytes, size_t length, int flags)');
const receiveCall = syscall('long recv(int fd, void *bytes, size_t length, int flags)');
const closeCall = syscall('int close(int fd)');

export interface NetlinkRequest {
  /** What is asked, for the message of a failure. */
  what: string;
  type: number;
  flags?: number;
  /** The fixed header of the message's kind, then its attributes. */
  payload: Buffer;
}

/**
 * A netlink socket of the calling thread's network namespace, which it keeps to, wherever the thread goes
 * later. Calls are synchronous: they belong into a worker thread, because the kernel's rtnl lock can be held
 * by others for tens of milliseconds. All numbers are in the machine's byte order, little-endian on every
 * machine that Node 24 is built for here (x64, arm64).
 */
export class NetlinkSocket implements Disposable {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(64 * 1024);
  #sequence = 0;

  constructor(protocol: 'route' | 'netfilter') {
    this.#fd = socketCall(
      'open a netlink socket',
      AF_NETLINK,
      SOCK_RAW | SOCK_CLOEXEC,
      protocol === 'route' ? 0 : 12,
    );
    const seconds = Buffer.alloc(16);
    seconds.writeBigInt64LE(RECEIVE_SECONDS);
    setOption('limit the wait for netlink', this.#fd, SOL_SOCKET, SO_RCVTIMEO, seconds, seconds.length);
    const on = Buffer.from([1, 0, 0, 0]);
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) {
      setOption('ask netlink for reasons', this.#fd, SOL_NETLINK, option, on, on.length);
    }
  }

  /** Sends one request and returns the payloads of its answers. @throws SyscallError with the kernel's reason */
  request({ what, type, flags = 0, payload }: NetlinkRequest): Buffer[] {
    this.#sequence += 1;
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(HEADER + payload.length, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK | flags, 6);
    header.writeUInt32LE(this.#sequence, 8);
    const message = Buffer.concat([header, payload]);
    sendCall(what, this.#fd, message, message.length, 0);
    return this.#answers(what);
  }

  #answers(what: string): Buffer[] {
    const answers: Buffer[] = [];
    for (;;) {
      const length = this.#receive(what);
      for (const message of split(this.#buffer.subarray(0, length))) {
        // What is left of an earlier request that failed halfway.
        if (message.sequence !== this.#sequence) continue;
        if (message.type === NLMSG_DONE) return answers;
        if (message.type === NLMSG_ERROR) {
          throwIfFailed(what, message.flags, message.payload);
          return answers;
        }
        answers.push(Buffer.from(message.payload));
      }
    }
  }

  #receive(what: string): number {
    for (;;) {
      try {
        return receiveCall(what, this.#fd, this.#buffer, this.#buffer.length, 0);
      } catch (error) {
        // A socket with a receive timeout is not restarted after a signal, such as the end of a child.
        if (!isErrno(error, 'EINTR')) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    closeCall('close a netlink socket', this.#fd);
  }
}

interface Message {
  type: number;
  flags: number;
  sequence: number;
  payload: Buffer;
}

function* split(datagram: Buffer): Generator<Message> {
  let offset = 0;
  while (offset + HEADER <= datagram.length) {
    const length = datagram.readUInt32LE(offset);
    if (length < HEADER) return;
    yield {
      type: datagram.readUInt16LE(offset + 4),
      flags: datagram.readUInt16LE(offset + 6),
      sequence: datagram.readUInt32LE(offset + 8),
      payload: datagram.subarray(offset + HEADER, offset + length),
    };
    offset += align(length);
  }
}

/** An acknowledgement is an error message with code 0. */
function throwIfFailed(what: string, flags: number, payload: Buffer): void {
  const errno = -payload.readInt32LE(0);
  if (errno === 0) return;
  const attributes =
    flags & NLM_F_ACK_TLVS ? parseAttributes(payload, 4 + HEADER) : new Map<number, Buffer>();
  const reason = attributes.get(NLMSGERR_ATTR_MSG)?.toString().replace(/\0$/, '');
  throw new SyscallError(errno, reason ? `${what} (${reason})` : what);
}

/** A netlink attribute; several values after one another make a nested one. */
export function attribute(type: number, ...values: (Buffer | string)[]): Buffer {
  const value = Buffer.concat(
    values.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)),
  );
  const bytes = Buffer.alloc(align(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The attributes that begin at `offset`, by type. The two flag bits of a type are dropped. */
export function parseAttributes(payload: Buffer, offset: number): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  while (offset + 4 <= payload.length) {
    const length = payload.readUInt16LE(offset);
    if (length < 4) break;
    attributes.set(payload.readUInt16LE(offset + 2) & 0x3fff, payload.subarray(offset + 4, offset + length));
    offset += align(length);
  }
  return attributes;
}

function align(length: number): number {
  return (length + 3) & ~3;
}
