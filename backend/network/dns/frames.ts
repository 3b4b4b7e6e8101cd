/** Messages over TCP have their length before them, RFC 1035 4.2.2. */
export class Frames {
  #rest = Buffer.alloc(0);

  /** The messages that are whole now. What is kept of an unfinished one is at most 64 KiB. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + bytes.readUInt16BE(at);
      if (end > bytes.length) break;
      messages.push(bytes.subarray(at + 2, end));
      at = end;
    }
    // A copy: the rest of the chunk can be freed.
    this.#rest = Buffer.from(bytes.subarray(at));
    return messages;
  }
}

export function writeFrame(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(message.length + 2);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, 2);
  return frame;
}
