/** The language status item: what Shapelens knows of the file in front, and whether the server runs. */
import * as vscode from "vscode";
import type { Status } from "./protocol";
import type { Server, ServerState } from "./server";

const SELECTOR: vscode.DocumentSelector = { language: "python" };

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("shapelens.status", SELECTOR);
  private readonly known = new Map<string, Status>();
  private readonly listeners: vscode.Disposable[];
  private state: ServerState = { kind: "starting" };

  constructor(server: Server) {
    this.item.name = "Shapelens";
    this.listeners = [
      server.onState((state) => {
        this.state = state;
        this.known.clear();
        this.show();
      }),
      server.onStatus((status) => {
        this.known.set(vscode.Uri.parse(status.uri).toString(), status);
        this.show();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.workspace.onDidCloseTextDocument((document) => this.known.delete(document.uri.toString())),
    ];
    this.show();
  }

  /** What the item says now, for a person. */
  get text(): string {
    return this.item.text;
  }

  private show(): void {
    const { item, state } = this;
    item.busy = state.kind === "starting";
    item.severity = state.kind === "stopped" ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    item.command = { title: "Show Logs", command: "shapelens.showLogs" };
    if (state.kind === "running") {
      const uri = vscode.window.activeTextEditor?.document.uri.toString();
      item.text = (uri && this.known.get(uri)?.text) || "Shapelens";
      item.detail = `Python ${state.interpreter.version}, named by ${state.interpreter.source}`;
      if (!vscode.workspace.isTrusted) {
        item.detail = "the workspace is not trusted: its interpreter is not used";
        item.command = { title: "Manage Trust", command: "workbench.trust.manage" };
      }
    } else {
      item.text = state.kind === "starting" ? "Shapelens starts" : "Shapelens does not run";
      item.detail = state.kind === "stopped" ? state.reason : undefined;
    }
  }

  dispose(): void {
    vscode.Disposable.from(this.item, ...this.listeners).dispose();
  }
}
