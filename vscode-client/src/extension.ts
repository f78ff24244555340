/** Shapelens in VS Code: starts the server, and shows what the protocol has no words for. */
import * as vscode from "vscode";
import { chooseContext } from "./contexts";
import { onChosenPythonChanged } from "./environments";
import type { Interpreter } from "./interpreter";
import { openRulePage, RulePages } from "./rules";
import { Server } from "./server";
import { StatusItem } from "./status";
import { SummaryView } from "./summary/panel";

/** What others may ask of the extension; its tests do. */
export interface Api {
  /** Resolves once the server has started, or cannot. */
  readonly started: Promise<void>;
  /** What the language status item says. */
  readonly statusText: () => string;
  /** The Python that runs the server, and who named it; undefined while it does not run. */
  readonly interpreter: () => Interpreter | undefined;
  readonly summary: SummaryView;
}

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const running = (server = new Server(context));
  const status = new StatusItem(running);
  const summary = new SummaryView(context, running);
  const command = (name: string, run: (...given: never[]) => unknown) =>
    vscode.commands.registerCommand(`shapelens.${name}`, guarded(running, run));
  context.subscriptions.push(
    status,
    summary,
    new RulePages(running).register(),
    command("restart", () => running.restart("a person asked for it")),
    command("showLogs", () => running.log.show()),
    command("toggleHints", () => running.execute("shapelens.toggleHints", {})),
    command("restartOracle", () => running.execute("shapelens.restartOracle", {})),
    command("summary", (given?: { uri?: string; model?: string }) => summary.show(given)),
    command("chooseContext", (given?: Parameters<typeof chooseContext>[1]) => chooseContext(running, given)),
    command("rulePage", (code?: unknown) => openRulePage(code)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => running.restart("the workspace is trusted now")),
    vscode.workspace.onDidChangeWorkspaceFolders(() => running.environmentChanged()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("shapelens.interpreter")) {
        void running.restart("the setting shapelens.interpreter was changed");
      }
    }),
  );
  const started = running.restart("activated");
  void onChosenPythonChanged(() => void running.environmentChanged()).then((each) => context.subscriptions.push(each));
  return { started, statusText: () => status.text, interpreter: () => running.runner, summary };
}

export async function deactivate(): Promise<void> {
  await server?.dispose();
}

/** The server answers "content modified" to what was overtaken by typing; anything else goes to the log. */
function guarded(running: Server, run: (...given: never[]) => unknown): (...given: never[]) => Promise<unknown> {
  return async (...given) => {
    try {
      return await run(...given);
    } catch (error) {
      running.log.error(error instanceof Error ? error : String(error));
      void vscode.window.showWarningMessage(`Shapelens: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
}
