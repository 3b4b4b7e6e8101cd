/**
 * A command line as a list of words, with quotes and backslashes as a shell reads them but without
 * any expansion: `sh -c 'echo "a b"'` → `['sh', '-c', 'echo "a b"']`.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const pattern = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)|(["'\\])/gsu;
  let word: string | undefined;
  for (const match of line.matchAll(pattern)) {
    const [text, double, single, escaped, plain, stray] = match;
    const piece = double?.replaceAll(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? plain ?? stray;
    if (piece !== undefined) {
      word = (word ?? '') + piece;
    } else if (word !== undefined && text !== '') {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
