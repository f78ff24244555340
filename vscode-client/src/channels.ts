/** Where the extension and the server write. */
import * as vscode from "vscode";

/** A channel that is made when something is first written to it, so that it is not listed for nothing. */
export class LazyChannel implements vscode.OutputChannel {
  private channel: vscode.OutputChannel | undefined;

  constructor(readonly name: string) {}

  private get made(): vscode.OutputChannel {
    return (this.channel ??= vscode.window.createOutputChannel(this.name));
  }

  append(value: string): void {
    this.made.append(value);
  }

  appendLine(value: string): void {
    this.made.appendLine(value);
  }

  replace(value: string): void {
    this.made.replace(value);
  }

  clear(): void {
    this.channel?.clear();
  }

  show(): void {
    this.made.show(true);
  }

  hide(): void {
    this.channel?.hide();
  }

  dispose(): void {
    this.channel?.dispose();
    this.channel = undefined;
  }
}
