import * as vscode from 'vscode';

/** Shows the bar of a view while something short is under way in it. */
export function inView<T>(
  view: 'containers' | 'images' | 'machines' | 'volumes',
  work: () => Promise<T>,
): Thenable<T> {
  return vscode.window.withProgress({ location: { viewId: `strata.${view}` } }, work);
}

/** A notification with a Cancel button; cancelling aborts the signal and the work ends quietly. */
export async function cancellable<T>(
  title: string,
  work: (report: (message: string, share?: number) => void, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const abort = new AbortController();
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    token.onCancellationRequested(() => abort.abort());
    let shown = 0;
    const report = (message: string, share?: number) => {
      const percent = Math.max(shown, Math.floor((share ?? 0) * 100));
      progress.report({ message, increment: percent - shown });
      shown = percent;
    };
    try {
      return await work(report, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return undefined;
      throw error;
    }
  });
}
