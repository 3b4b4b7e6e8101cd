import * as vscode from 'vscode';
import type { StackSubject } from '../client/layers.ts';
import type { Session } from '../client/session.ts';
import { formatBytes, splitReference } from '../model/format.ts';
import { instructionVerb, readableInstruction } from '../model/instruction.ts';
import { layerShares } from '../model/layer-scale.ts';
import { messageOf } from '../model/message-of.ts';
import { ExplorerData } from './explorer-data.ts';
import { type FromPage, fromPageSchema, type LayerCard, type ToPage } from './messages.ts';
import { openChange, openVersion } from './open-file.ts';
import { pageHtml } from './page-html.ts';

export interface LayerExplorerOptions {
  session: Session;
  subject: StackSubject;
  title: string;
  extensionUri: vscode.Uri;
  showError(error: unknown): void;
}

/** A panel that shows the layers of one image or container. */
export class LayerExplorer {
  readonly #options: LayerExplorerOptions;
  readonly #data: ExplorerData;
  readonly #panel: vscode.WebviewPanel;
  /** The layer to select at the next showing of the stack; null leaves the choice to the page. */
  #select: number | null;

  constructor(options: LayerExplorerOptions, position: number | undefined) {
    this.#options = options;
    this.#select = position ?? null;
    this.#data = new ExplorerData(options.session, options.subject);
    const assets = vscode.Uri.joinPath(options.extensionUri, 'media', 'layer-explorer');
    this.#panel = vscode.window.createWebviewPanel(
      'strata.layers',
      `Layers: ${splitReference(options.title).name}`,
      vscode.ViewColumn.Active,
      { enableScripts: true, localResourceRoots: [assets] },
    );
    const icon = (theme: string) => vscode.Uri.joinPath(assets, `tab-${theme}.svg`);
    this.#panel.iconPath = { light: icon('light'), dark: icon('dark') };
    const { webview } = this.#panel;
    webview.onDidReceiveMessage((message: unknown) => void this.#receive(message));
    const assetUri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(assets, name)).toString();
    webview.html = pageHtml({
      cspSource: webview.cspSource,
      script: assetUri('main.js'),
      style: assetUri('style.css'),
    });
  }

  get session(): Session {
    return this.#options.session;
  }

  reveal(position: number | undefined): void {
    this.#panel.reveal();
    this.#select = position ?? null;
    void this.#receive({ type: 'ready' });
  }

  onClose(listener: () => void): void {
    this.#panel.onDidDispose(listener);
  }

  dispose(): void {
    this.#panel.dispose();
  }

  async #receive(message: unknown): Promise<void> {
    const parsed = fromPageSchema.safeParse(message);
    if (!parsed.success) return;
    try {
      await this.#answer(parsed.data);
    } catch (error) {
      const what = failedPart(parsed.data);
      if (what === undefined) this.#options.showError(error);
      else await this.#post({ type: 'failed', what, message: messageOf(error) });
    }
  }

  async #answer(message: FromPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.#sendStack();
      case 'refresh':
        await this.#data.forgetWritable();
        return this.#sendStack();
      case 'rows': {
        const { position, view } = message;
        const rows = await this.#data.rows(position, view);
        return this.#post({ type: 'rows', position, view, ...rows });
      }
      case 'provenance':
        return this.#post({
          type: 'provenance',
          provenance: await this.#data.provenance(message.path),
        });
      case 'open':
        return this.#open(message.path, message.position, message.focus);
      case 'copy':
        await vscode.env.clipboard.writeText(message.text);
    }
  }

  async #sendStack(): Promise<void> {
    const { layers } = await this.#data.stack();
    const shares = layerShares(layers.map((layer) => layer.size));
    const cards = layers.map((layer, i): LayerCard => {
      const instruction = readableInstruction(layer.instruction);
      return {
        position: layer.position,
        writable: layer.kind === 'writable',
        instruction,
        verb: instructionVerb(instruction),
        size: layer.size,
        share: shares[i] ?? 0,
        files: layer.files,
        digest: layer.digest ?? layer.diffId ?? '',
      };
    });
    const total = layers.reduce((sum, layer) => sum + layer.size, 0);
    const { registry, name } = splitReference(this.#options.title);
    const facts = [
      `${layers.length} layers`,
      formatBytes(total),
      registry,
      this.#options.session.machine.label,
    ];
    const subtitle = facts.filter((fact) => fact !== '').join(' · ');
    await this.#post({ type: 'stack', title: name, subtitle, layers: cards, select: this.#select });
    this.#select = null;
  }

  async #open(path: string, position: number, focus: boolean): Promise<void> {
    const opening = await this.#data.opening(path, position);
    if (opening === undefined) return;
    const { session, subject } = this.#options;
    const where = { session, subject, path, focus };
    if (opening.kind === 'change') await openChange(where, opening.change, opening.layer);
    else await openVersion(where, opening);
  }

  async #post(message: ToPage): Promise<void> {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a panel's page has no origin to name
    await this.#panel.webview.postMessage(message);
  }
}

/** Where the page shows a failure itself; undefined for what belongs into a notification. */
function failedPart(message: FromPage): 'stack' | 'rows' | 'provenance' | undefined {
  if (message.type === 'ready' || message.type === 'refresh') return 'stack';
  if (message.type === 'rows' || message.type === 'provenance') return message.type;
  return undefined;
}
