/** What a 401 asks for (RFC 9110, section 11.6.1; distribution-spec's token authentication). */
export interface Challenge {
  /** Lower case: `bearer` or `basic`. */
  scheme: string;
  parameters: Readonly<Record<string, string>>;
}

/** Every challenge of a `WWW-Authenticate` header that we can answer, in its order. */
export function parseChallenges(header: string | undefined): Challenge[] {
  if (!header) return [];
  // Where a scheme's name stands, the next challenge begins: a word, blanks, then no "=".
  const starts = [...header.matchAll(/(?:^|,)\s*(bearer|basic)(?=\s|,|$)/gi)];
  return starts.map((match, position) => {
    const from = match.index + match[0].length;
    const to = starts[position + 1]?.index ?? header.length;
    return {
      scheme: (match[1] ?? '').toLowerCase(),
      parameters: parseParameters(header.slice(from, to)),
    };
  });
}

function parseParameters(text: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const match of text.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g)) {
    const value = match[2] === undefined ? match[3] : match[2].replaceAll(/\\(.)/g, '$1');
    parameters[(match[1] ?? '').toLowerCase()] = value ?? '';
  }
  return parameters;
}
