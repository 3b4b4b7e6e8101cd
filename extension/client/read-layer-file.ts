import type { Api } from './api.ts';
import { layerFile, type StackSubject } from './layers.ts';

export interface FileStart {
  bytes: Uint8Array;
  /** Size of the whole file where the engine tells it. */
  total: number | undefined;
  /** Whether there is more than `bytes`. */
  more: boolean;
}

/** The first bytes of a file in one layer, at most `limit`. The rest is not transferred. */
export async function readLayerFile(
  api: Api,
  file: { subject: StackSubject; path: string; layer: number },
  limit: number,
): Promise<FileStart> {
  const response = await layerFile(api, file.subject, file.path, file.layer);
  const length = response.headers['content-length'];
  const total = length === undefined ? undefined : Number(length);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop destroys the stream, which ends the transfer.
    if (size > limit) break;
  }
  const bytes = Buffer.concat(chunks).subarray(0, limit);
  return { bytes, total, more: size > limit };
}
