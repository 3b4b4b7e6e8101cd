import { VERSION } from '../engine/version.ts';

/** `stratad version`: one line. */
export async function version(): Promise<void> {
  process.stdout.write(
    `stratad ${VERSION} (Node ${process.versions.node}, ${process.platform}-${process.arch})\n`,
  );
}
