/**
 * The Dockerfile instruction behind a history line. Builders write it in three ways:
 * `/bin/sh -c #(nop)  CMD ["x"]`, `/bin/sh -c apt-get …` and `RUN /bin/sh -c apt-get … # buildkit`.
 */
export function readableInstruction(createdBy: string): string {
  const line = createdBy
    .replace(/\s*# buildkit\s*$/, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const nop = /^\/bin\/sh -c #\(nop\)\s*/.exec(line);
  if (nop !== null) return line.slice(nop[0].length);
  const run = /^(?:RUN )?(\|\d+ .*?)?\/bin\/sh -c /.exec(line);
  if (run !== null) return `RUN ${line.slice(run[0].length)}`;
  return line;
}

/** `RUN`, `COPY`, …: what stands first, in capitals; empty where the line starts with none. */
export function instructionVerb(instruction: string): string {
  return /^[A-Z]+(?=\s|$)/.exec(instruction)?.[0] ?? '';
}
