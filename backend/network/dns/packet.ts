/** Messages of RFC 1035 with the extension record of RFC 6891, as far as a resolver of few names needs them. */

export const TYPE = { A: 1, PTR: 12, AAAA: 28, OPT: 41, IXFR: 251, AXFR: 252 } as const;
export const CLASS = { IN: 1, CH: 3 } as const;
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;
const HEADER = 12;
const SMALLEST = 512;
/** Nobody should have to take larger datagrams; the rest goes over TCP. */
const LARGEST = 4096;
const LARGEST_NAME = 255;
const LARGEST_LABEL = 63;
const OPT_RECORD = 11;
/** What we say that we take: as much as passes every link without being cut into fragments. */
const OUR_SIZE = 1232;
const TTL = 600;
const QR = 0x8000;
const OPCODE = 0x7800;
const TC = 0x0200;
const RA = 0x0080;
/** Opcode, recursion desired, checking disabled: an answer has them as its question. */
const KEPT = 0x7910;
/** The name of the question, which is always at the same place. */
const POINTER = 0xc000 + HEADER;

export interface Query {
  readonly message: Buffer;
  /** In lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Where the question ends. */
  readonly end: number;
  readonly extension: { version: number; wantsSecurity: boolean } | null;
  /** Bytes that its sender takes in a datagram. */
  readonly room: number;
}

export interface Answer {
  type: number;
  data: Buffer;
}

/** The question, or the code of the failure to answer with; null for what has no right to an answer. */
export function readQuery(message: Buffer): Query | number | null {
  // Answers to answers would go round for ever.
  if (message.length < HEADER || (message.readUInt16BE(2) & QR) !== 0) return null;
  if ((message.readUInt16BE(2) & OPCODE) !== 0) return RCODE.NOTIMP;
  if (message.readUInt16BE(4) !== 1) return RCODE.FORMERR;
  const nameEnd = endOfName(message, HEADER);
  const end = nameEnd + 4;
  if (nameEnd < 0 || end > message.length) return RCODE.FORMERR;
  const option = end === message.length ? null : findExtension(message, end);
  if (option === undefined) return RCODE.FORMERR;
  const extension =
    option === null
      ? null
      : {
          version: message.readUInt8(option + 6),
          wantsSecurity: (message.readUInt8(option + 7) & 0x80) !== 0,
        };
  return {
    message,
    name: nameAt(message, HEADER, nameEnd),
    type: message.readUInt16BE(nameEnd),
    class: message.readUInt16BE(nameEnd + 2),
    end,
    extension,
    room:
      option === null ? SMALLEST : Math.min(LARGEST, Math.max(SMALLEST, message.readUInt16BE(option + 3))),
  };
}

/** -1 where it is malformed. A question has nothing before it that its name could point to. */
function endOfName(message: Buffer, start: number): number {
  let at = start;
  while (at < message.length) {
    const length = message[at] ?? 0;
    if (length === 0) return at + 1 - start > LARGEST_NAME ? -1 : at + 1;
    if (length > LARGEST_LABEL) return -1;
    at += length + 1;
  }
  return -1;
}

function nameAt(message: Buffer, start: number, end: number): string {
  const labels: string[] = [];
  for (let at = start; at < end - 1; ) {
    const next = at + 1 + (message[at] ?? 0);
    const label = message.toString('latin1', at + 1, next);
    // A dot inside of a label must not be taken for one between two.
    labels.push(label.includes('.') ? label.replaceAll('.', '\\.') : label);
    at = next;
  }
  return labels.join('.').toLowerCase();
}

/** Where the OPT record is, counted from its name; null without one, undefined for a malformed message. */
function findExtension(message: Buffer, questionEnd: number): number | null | undefined {
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  let at = questionEnd;
  for (let index = 0; index < records; index += 1) {
    const end = endOfOwner(message, at);
    if (end < 0 || end + 10 > message.length) return undefined;
    const next = end + 10 + message.readUInt16BE(end + 8);
    if (next > message.length) return undefined;
    if (message.readUInt16BE(end) === TYPE.OPT) return end === at + 1 ? at : undefined;
    at = next;
  }
  return null;
}

/** As `endOfName`, but it may end with a pointer. */
function endOfOwner(message: Buffer, start: number): number {
  let at = start;
  while (at < message.length) {
    const length = message[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    if (length > LARGEST_LABEL) return -1;
    at += length + 1;
  }
  return -1;
}

/** @param room records that do not fit into so many bytes are left out, and the answer is marked as cut off */
export function writeAnswer(query: Query, rcode: number, answers: readonly Answer[], room: number): Buffer {
  const fixed = query.end + (query.extension ? OPT_RECORD : 0);
  let size = fixed;
  let fitting = 0;
  for (const { data } of answers) {
    if (size + HEADER + data.length > room) break;
    size += HEADER + data.length;
    fitting += 1;
  }
  const message = Buffer.allocUnsafe(size);
  query.message.copy(message, 0, 0, query.end);
  writeHeader(message, query.message, rcode, fitting < answers.length);
  message.writeUInt16BE(fitting, 6);
  message.writeUInt16BE(query.extension ? 1 : 0, 10);
  let at = query.end;
  for (let index = 0; index < fitting; index += 1) at = writeRecord(message, at, answers[index]);
  if (query.extension) writeExtension(message, at, rcode, query.extension.wantsSecurity);
  return message;
}

function writeHeader(message: Buffer, query: Buffer, rcode: number, cut: boolean): void {
  message.writeUInt16BE((query.readUInt16BE(2) & KEPT) | QR | RA | (cut ? TC : 0) | (rcode & 15), 2);
  message.writeUInt16BE(0, 8);
}

function writeRecord(message: Buffer, at: number, answer: Answer | undefined): number {
  if (!answer) return at;
  const { type, data } = answer;
  message.writeUInt16BE(POINTER, at);
  message.writeUInt16BE(type, at + 2);
  message.writeUInt16BE(CLASS.IN, at + 4);
  message.writeUInt32BE(TTL, at + 6);
  message.writeUInt16BE(data.length, at + 10);
  data.copy(message, at + HEADER);
  return at + HEADER + data.length;
}

function writeExtension(message: Buffer, at: number, rcode: number, wantsSecurity: boolean): void {
  message.writeUInt8(0, at);
  message.writeUInt16BE(TYPE.OPT, at + 1);
  message.writeUInt16BE(OUR_SIZE, at + 3);
  message.writeUInt8(rcode >> 4, at + 5);
  message.writeUInt8(0, at + 6);
  message.writeUInt16BE(wantsSecurity ? 0x8000 : 0, at + 7);
  message.writeUInt16BE(0, at + 9);
}

/** A failure, as an answer to something of which no question could be read. */
export function writeFailure(query: Buffer, rcode: number): Buffer {
  const message = Buffer.alloc(HEADER);
  query.copy(message, 0, 0, 2);
  writeHeader(message, query, rcode, false);
  return message;
}

/** The bytes of a name; undefined for what no message can hold. */
export function encodeName(name: string): Buffer | undefined {
  const labels = name.split('.').map((label) => Buffer.from(label));
  const parts = labels.flatMap((label) => [Buffer.from([label.length]), label]);
  const bytes = Buffer.concat([...parts, Buffer.alloc(1)]);
  const fits = labels.every(({ length }) => length > 0 && length <= LARGEST_LABEL);
  return fits && bytes.length <= LARGEST_NAME ? bytes : undefined;
}

/** Whether it is an answer to this question, whatever case its name is in. */
export function answers(message: Buffer, { message: query, end }: Query, id: number): boolean {
  if (message.length < HEADER || message.readUInt16BE(0) !== id) return false;
  if ((message.readUInt16BE(2) & QR) === 0) return false;
  // Servers that refuse to read a question need not repeat it.
  if (message.readUInt16BE(4) === 0) return message.length === HEADER && rcodeOf(message) !== 0;
  if (message.readUInt16BE(4) !== 1 || message.length < end) return false;
  for (let at = HEADER; at < end; at += 1) {
    const same = at < end - 4 ? lower(message[at]) === lower(query[at]) : message[at] === query[at];
    if (!same) return false;
  }
  return true;
}

/** Lengths of labels are all below the letters. */
function lower(byte = 0): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

export const rcodeOf = (message: Buffer): number => (message[3] ?? 0) % 16;

/** An answer without what did not fit, so that the question comes again over TCP. */
export function cutOff(query: Query, answer: Buffer): Buffer {
  const message = writeAnswer(query, rcodeOf(answer), [], SMALLEST);
  message.writeUInt16BE(message.readUInt16BE(2) | TC, 2);
  return message;
}
