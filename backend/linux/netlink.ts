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
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
/** struct nfgenmsg: any family, version 0, subsystem 10 in network byte order. */
const BATCH_OF_NFTABLES = Buffer.from([0, 0, 0, 10]);

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
    const message = frame(type, NLM_F_REQUEST | NLM_F_ACK | flags, this.#sequence, payload);
    sendCall(what, this.#fd, message, message.length, 0);
    return this.#answers(what);
  }

  /**
   * Sends several messages as one transaction of nfnetlink and waits for its end. The kernel does all of it or
   * nothing. @throws SyscallError of the first message that it refused
   */
  batch(what: string, messages: readonly Omit<NetlinkRequest, 'what'>[]): void {
    const first = this.#sequence + 1;
    const parts = [frame(BATCH_BEGIN, NLM_F_REQUEST, first, BATCH_OF_NFTABLES)];
    for (const { type, flags = 0, payload } of messages) {
      parts.push(frame(type, NLM_F_REQUEST | NLM_F_ACK | flags, first + parts.length, payload));
    }
    // Only the end has no answer of its own: the commit's failure is told under the first number.
    this.#sequence = first + parts.length;
    parts.push(frame(BATCH_END, NLM_F_REQUEST, this.#sequence, BATCH_OF_NFTABLES));
    const bytes = Buffer.concat(parts);
    sendCall(what, this.#fd, bytes, bytes.length, 0);
    this.#acknowledged(what, first, messages.length);
  }

  #acknowledged(what: string, first: number, count: number): void {
    for (let left = count; left > 0; ) {
      const length = this.#receive(what);
      for (const { type, flags, sequence, payload } of split(this.#buffer.subarray(0, length))) {
        if (type !== NLMSG_ERROR || sequence < first) continue;
        // A failure ends the batch: whatever else is answered belongs to an earlier sequence by then.
        throwIfFailed(what, flags, payload);
        left -= 1;
      }
    }
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

function frame(type: number, flags: number, sequence: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(align(HEADER + payload.length));
  bytes.writeUInt32LE(HEADER + payload.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  payload.copy(bytes, HEADER);
  return bytes;
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

/** nfnetlink wants its numbers in network byte order. */
export function bigUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
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
