import { invalidArgument } from '../../base/errors.ts';

type Environment = ReadonlyMap<string, string>;

/**
 * The words of an instruction's arguments as the builder reads them: split at white space outside of quotes, quotes
 * and backslashes taken away, variables replaced except in single quotes. Unknown variables are empty.
 */
export function shellWords(text: string, environment: Environment): string[] {
  const words: string[] = [];
  const lexer = new Lexer(text, environment);
  for (let word = lexer.word(true); word !== null; word = lexer.word(true)) words.push(word);
  return words;
}

/** The same for a value that may hold white space. */
export function expandText(text: string, environment: Environment): string {
  return new Lexer(text.trim(), environment).word(false) ?? '';
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

class Lexer {
  readonly #text: string;
  readonly #environment: Environment;
  #at = 0;

  constructor(text: string, environment: Environment) {
    this.#text = text;
    this.#environment = environment;
  }

  /** The next word, or everything that is left; null at the end. */
  word(stopAtSpace: boolean): string | null {
    if (stopAtSpace) this.#at += /^\s*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
    if (this.#at >= this.#text.length) return null;
    let word = '';
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? '';
      if (stopAtSpace && /\s/.test(character)) break;
      word += this.#piece(character);
    }
    return word;
  }

  #piece(character: string): string {
    this.#at += 1;
    if (character === "'") return this.#singleQuoted();
    if (character === '"') return this.#doubleQuoted();
    if (character === '$') return this.#variable();
    if (character !== '\\') return character;
    this.#at += 1;
    return this.#text[this.#at - 1] ?? '';
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end === -1) throw unterminated(this.#text);
    const quoted = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return quoted;
  }

  #doubleQuoted(): string {
    let quoted = '';
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw unterminated(this.#text);
      this.#at += 1;
      if (character === '"') return quoted;
      if (character === '$') quoted += this.#variable();
      else if (character === '\\') quoted += this.#escaped();
      else quoted += character;
    }
  }

  /** In double quotes a backslash stays before everything that it does not protect. */
  #escaped(): string {
    const next = this.#text[this.#at] ?? '';
    this.#at += 1;
    return next === '"' || next === '$' || next === '\\' ? next : `\\${next}`;
  }

  #variable(): string {
    if (this.#text[this.#at] === '{') return this.#braced();
    const name = NAME.exec(this.#text.slice(this.#at))?.[0];
    if (name === undefined) return '$';
    this.#at += name.length;
    return this.#environment.get(name) ?? '';
  }

  /** `${name}`, `${name:-word}` where it is missing or empty, `${name:+word}` where it is not. */
  #braced(): string {
    const end = this.#text.indexOf('}', this.#at);
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-+])(.*))?$/.exec(this.#text.slice(this.#at + 1, end));
    if (end === -1 || !match) throw invalidArgument(`bad substitution in ${JSON.stringify(this.#text)}`);
    this.#at = end + 1;
    const [, name = '', operator, word = ''] = match;
    const value = this.#environment.get(name) ?? '';
    if (operator === '-') return value === '' ? expandText(word, this.#environment) : value;
    if (operator === '+') return value === '' ? '' : expandText(word, this.#environment);
    return value;
  }
}

function unterminated(text: string): Error {
  return invalidArgument(
    `unexpected end of statement while looking for matching quote in ${JSON.stringify(text)}`,
  );
}
