import type { Duplex } from 'node:stream';
import * as vscode from 'vscode';
import { messageOf } from '../model/message-of.ts';

interface TerminalSize {
  rows: number;
  columns: number;
}

/** A byte stream of a terminal in a container, and what goes with it. */
export interface TerminalStream {
  stream: Duplex;
  resize(size: TerminalSize): Promise<void>;
  /** Called when the stream has ended; the sentence is printed, undefined closes the terminal at once. */
  farewell(): Promise<string | undefined>;
}

/** A terminal of the editor whose other end is a stream that `open` brings up. */
export function showStreamTerminal(
  name: string,
  icon: string,
  open: (signal: AbortSignal) => Promise<TerminalStream>,
): void {
  const pty = new StreamPty(open);
  const terminal = vscode.window.createTerminal({ name, pty, iconPath: new vscode.ThemeIcon(icon) });
  terminal.show();
}

class StreamPty implements vscode.Pseudoterminal {
  readonly #open: (signal: AbortSignal) => Promise<TerminalStream>;
  readonly #write = new vscode.EventEmitter<string>();
  readonly #close = new vscode.EventEmitter<void>();
  readonly #end = new AbortController();
  readonly onDidWrite = this.#write.event;
  readonly onDidClose = this.#close.event;
  #remote: TerminalStream | undefined;
  #size: TerminalSize = { rows: 24, columns: 80 };
  #ended = false;

  constructor(open: (signal: AbortSignal) => Promise<TerminalStream>) {
    this.#open = open;
  }

  open(dimensions: vscode.TerminalDimensions | undefined): void {
    if (dimensions !== undefined) this.#size = dimensions;
    void this.#run();
  }

  close(): void {
    this.#end.abort();
    this.#remote?.stream.destroy();
  }

  handleInput(text: string): void {
    // After the end any key closes the terminal, as the last line says.
    if (this.#ended) this.#close.fire();
    else this.#remote?.stream.write(text);
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.#size = size;
    void this.#resize();
  }

  async #run(): Promise<void> {
    try {
      this.#remote = await this.#open(this.#end.signal);
      await this.#resize();
      await this.#pump(this.#remote.stream);
      const words = await this.#remote.farewell();
      if (words === undefined) this.#close.fire();
      else this.#finish(words);
    } catch (error) {
      this.#finish(messageOf(error));
    }
  }

  async #pump(stream: Duplex): Promise<void> {
    // A character may be cut in two by the packets.
    const decoder = new TextDecoder();
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      this.#write.fire(decoder.decode(chunk, { stream: true }));
    }
  }

  async #resize(): Promise<void> {
    try {
      await this.#remote?.resize(this.#size);
    } catch {
      // The process may be gone already; its end is reported by the stream.
    }
  }

  #finish(words: string): void {
    if (this.#end.signal.aborted) return;
    this.#ended = true;
    this.#write.fire(`\r\n\u001b[2m${words.replaceAll('\n', '\r\n')} Press any key to close.\u001b[0m\r\n`);
  }
}
