import type { IncomingMessage } from 'node:http';
import * as vscode from 'vscode';
import { followLogs, inspectContainer } from '../client/containers.ts';
import { demultiplex } from '../client/demultiplex.ts';
import type { Session } from '../client/session.ts';
import { messageOf } from '../model/message-of.ts';

/** How far back the log goes when it is opened. */
const tailLines = 2_000;

/**
 * Follows the output of a container in a terminal, which shows its colours as they were meant.
 * It takes no input and ends with the container.
 */
export function showLogs(session: Session, container: string, name: string): void {
  const write = new vscode.EventEmitter<string>();
  const end = new AbortController();
  const pty: vscode.Pseudoterminal = {
    onDidWrite: write.event,
    open: () => void follow(session, container, (text) => write.fire(text), end.signal),
    close: () => end.abort(),
  };
  vscode.window
    .createTerminal({ name: `${name} (log)`, pty, iconPath: new vscode.ThemeIcon('output') })
    .show();
}

async function follow(
  session: Session,
  container: string,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const details = await inspectContainer(session.api, container);
    const response = await followLogs(session.api, container, tailLines, signal);
    if (details.Config.Tty === true) await copyRaw(response, write);
    else await copyFrames(response, write);
    write(dim(await lastLine(session, container)));
  } catch (error) {
    if (!signal.aborted) write(dim(messageOf(error)));
  }
}

async function copyRaw(response: IncomingMessage, write: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of response as AsyncIterable<Buffer>) write(decoder.decode(chunk, { stream: true }));
}

async function copyFrames(response: IncomingMessage, write: (text: string) => void): Promise<void> {
  // Each stream keeps its own half characters.
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  for await (const frame of demultiplex(response)) {
    const text = decoders[frame.stream].decode(frame.bytes, { stream: true });
    write(text.replaceAll(/\r?\n/g, '\r\n'));
  }
}

async function lastLine(session: Session, container: string): Promise<string> {
  try {
    const { State } = await inspectContainer(session.api, container);
    return State.Running ? 'The log ended.' : `The container ended with code ${State.ExitCode}.`;
  } catch {
    return 'The container is gone.';
  }
}

function dim(text: string): string {
  return `\r\n\u001b[2m${text}\u001b[0m\r\n`;
}
