/** The model summary beside the editor: a page that shows what the server says, and follows the file as it changes. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { ModelSummary, Place } from "../protocol";
import type { Server } from "../server";
import type { FromPage, ToPage } from "../view/messages";

const TYPE = "shapelens.summary";
const SETTLE_MS = 400;

interface Shown {
  uri: string;
  model?: string;
  input?: string[];
}

export class SummaryView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: Shown | undefined;
  private isPageReady = false;
  private timer: NodeJS.Timeout | undefined;
  private asked = 0;
  private readonly listeners: vscode.Disposable[];
  private readonly arrivals = new vscode.EventEmitter<ModelSummary>();
  /** What the page shows from now on. */
  readonly onShown = this.arrivals.event;
  /** What the page said last about what it has drawn. */
  readonly onDrawn: vscode.Event<{ rows: number; nodes: number; edges: number }>;
  private readonly drawings = new vscode.EventEmitter<{ rows: number; nodes: number; edges: number }>();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly server: Server,
  ) {
    this.onDrawn = this.drawings.event;
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document.uri.toString() === this.shown?.uri) {
          this.soon();
        }
      }),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("shapelens") && this.soon()),
      server.onState((state) => state.kind === "running" && this.soon()),
      vscode.window.registerWebviewPanelSerializer(TYPE, {
        deserializeWebviewPanel: async (panel, state: Shown | undefined) => {
          this.shown = state;
          this.adopt(panel);
        },
      }),
    ];
  }

  /** Show a model of a file: the one named, or the largest of the file in front. */
  async show(given: { uri?: string; model?: string } = {}): Promise<void> {
    const uri = given.uri ? vscode.Uri.parse(given.uri) : vscode.window.activeTextEditor?.document.uri;
    if (!uri) {
      void vscode.window.showInformationMessage("Open a Python file with a model first.");
      return;
    }
    this.shown = { uri: uri.toString(), model: given.model };
    if (this.panel) {
      this.panel.reveal(undefined, true);
    } else {
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
      this.adopt(vscode.window.createWebviewPanel(TYPE, "Model Summary", place, { enableFindWidget: true }));
    }
    await this.refresh();
  }

  /** Go to a place as the page does when a row or a box is chosen. */
  async goTo(place: Place): Promise<void> {
    const uri = vscode.Uri.parse(place.uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const start = place.range?.start ?? { line: place.line - 1, character: place.column - 1 };
    const end = place.range?.end ?? start;
    const visible = vscode.window.visibleTextEditors.find((each) => each.document === document);
    await vscode.window.showTextDocument(document, {
      viewColumn: visible?.viewColumn ?? vscode.ViewColumn.One,
      selection: new vscode.Range(start.line, start.character, end.line, end.character),
    });
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    this.isPageReady = false;
    const { webview } = panel;
    const media = vscode.Uri.joinPath(this.context.extensionUri, "media");
    const built = vscode.Uri.joinPath(this.context.extensionUri, "dist");
    webview.options = { enableScripts: true, localResourceRoots: [media, built] };
    panel.iconPath = vscode.Uri.joinPath(media, "icon.png");
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.shown = undefined;
    });
    webview.onDidReceiveMessage((message: FromPage) => this.receive(message));
    webview.html = page(
      webview,
      webview.asWebviewUri(vscode.Uri.joinPath(built, "view.js")),
      webview.asWebviewUri(vscode.Uri.joinPath(media, "summary.css")),
    );
  }

  private async receive(message: FromPage): Promise<void> {
    switch (message.kind) {
      case "ready":
        this.isPageReady = true;
        await this.refresh();
        break;
      case "go":
        await this.goTo(message.place);
        break;
      case "choose":
        if (this.shown) {
          this.shown = { ...this.shown, model: message.model, input: message.input };
          await this.refresh();
        }
        break;
      case "drawn":
        this.drawings.fire(message);
        break;
    }
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), SETTLE_MS);
  }

  /** Ask the server and show the answer, unless a newer question was asked meanwhile. */
  private async refresh(): Promise<void> {
    const { panel, shown } = this;
    if (!panel || !shown || !this.isPageReady) {
      return;
    }
    const mine = ++this.asked;
    let found: ModelSummary | undefined;
    try {
      // The server knows of documents that are open.
      await vscode.workspace.openTextDocument(vscode.Uri.parse(shown.uri));
      found = await this.server.execute<ModelSummary>(TYPE, shown);
    } catch (error) {
      this.server.log.debug(`summary: ${String(error)}`);
      this.post({ kind: "late" });
      return;
    }
    if (!found || mine !== this.asked || this.panel !== panel) {
      return;
    }
    panel.title = found.model ? `${found.model.split("(")[0]} summary` : "Model Summary";
    this.post({ kind: "show", found, input: shown.input ?? [], state: shown });
    this.arrivals.fire(found);
  }

  private post(message: ToPage): void {
    void this.panel?.webview.postMessage(message);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.panel?.dispose();
    vscode.Disposable.from(...this.listeners, this.arrivals, this.drawings).dispose();
  }
}

/** The empty page: nothing may be loaded but our own script and style. */
function page(webview: vscode.Webview, script: vscode.Uri, style: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${style}">
    <title>Model Summary</title>
  </head>
  <body>
    <main id="main"><p class="note">The model is looked at …</p></main>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>`;
}
