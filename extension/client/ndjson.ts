import type { Readable } from 'node:stream';

/** A line longer than this is no event and no progress report. */
const maxLineChars = 4 * 1024 * 1024;

/** The JSON values of a stream, one a line, as they arrive. A torn last line is an error of the transport. */
export async function* readNdjson(stream: Readable): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineChars) throw new Error('the engine sent a line without an end');
    for (const line of lines) {
      if (line.trim() !== '') yield JSON.parse(line);
    }
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}
