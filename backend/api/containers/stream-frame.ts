const STREAMS = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** A frame of Docker's multiplexed stream: stream, three zeros, length (big-endian), bytes. */
export function streamFrame(stream: keyof typeof STREAMS, bytes: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(8 + bytes.length);
  frame.writeUInt32BE(STREAMS[stream] << 24, 0);
  frame.writeUInt32BE(bytes.length, 4);
  bytes.copy(frame, 8);
  return frame;
}
