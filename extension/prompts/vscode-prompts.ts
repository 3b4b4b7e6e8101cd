import * as vscode from 'vscode';
import type { Progress, Prompts, SecretAnswer } from '../connection/prompts.ts';

/** How connecting asks the user: by dialogs of the editor. Secrets are kept where the editor keeps them. */
export function createPrompts(
  secrets: vscode.SecretStorage,
  report: (message: string, share?: number) => void,
): Prompts {
  return {
    secrets: {
      get: async (key) => secrets.get(key),
      store: async (key, value) => secrets.store(key, value),
      delete: async (key) => secrets.delete(key),
    },
    async trustHostKey({ host, port, keyType, fingerprint, notes }) {
      const question = `The host key of ${host} is not known yet. Trust it?`;
      const detail = [`${host}, port ${port}`, `${keyType} ${fingerprint}`, ...notes].join('\n');
      const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Trust');
      return answer === 'Trust';
    },
    password: ({ user, host, retry }) =>
      askSecret(`Password of ${user} on ${host}`, retry ? 'It was refused. Try again.' : ''),
    passphrase: ({ file, retry }) =>
      askSecret(`Passphrase of ${file}`, retry ? 'It does not fit this key. Try again.' : ''),
    async keyboardInteractive({ host, name, instructions, prompts }) {
      const answers: string[] = [];
      for (const { prompt, echo } of prompts) {
        const text = [instructions, prompt].filter((part) => part !== '').join(' ');
        const answer = await ask(name === '' ? `Sign in to ${host}` : name, text, !echo);
        if (answer === undefined) return undefined;
        answers.push(answer);
      }
      return answers;
    },
    async installPackages({ host, missing, command }) {
      const question = `${host} lacks ${missing.join(', ')}. Install with its package manager?`;
      const detail = `This runs as root there:\n${command}`;
      const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Install');
      return answer === 'Install';
    },
    progress: (progress) => report(...wordsOf(progress)),
  };
}

function wordsOf({ message, done, total }: Progress): [string, number?] {
  if (done === undefined || total === undefined || total === 0) return [message];
  return [`${message} (${Math.round((done / total) * 100)} %)`];
}

async function askSecret(title: string, prompt: string): Promise<SecretAnswer | undefined> {
  const value = await ask(title, prompt, true);
  if (value === undefined) return undefined;
  const choice = await vscode.window.showQuickPick(
    [
      { label: 'Use once', remember: false },
      { label: 'Remember', description: "in the editor's secret storage", remember: true },
    ],
    { title, placeHolder: 'Keep it for the next time?', ignoreFocusOut: true },
  );
  return { value, remember: choice?.remember ?? false };
}

async function ask(title: string, prompt: string, password: boolean): Promise<string | undefined> {
  return vscode.window.showInputBox({ title, prompt, password, ignoreFocusOut: true });
}
