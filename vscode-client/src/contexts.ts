/** Choosing the call that a function's shapes are shown for. */
import * as vscode from "vscode";
import type { Contexts } from "./protocol";
import type { Server } from "./server";

const COMMAND = "shapelens.chooseContext";

interface Target {
  uri: string;
  line: number;
  context?: number | null;
}

/** Ask which call, and show that one. A code lens says where; without one, it is where the caret is. */
export async function chooseContext(server: Server, given?: Target): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const target = given ?? (editor && { uri: editor.document.uri.toString(), line: editor.selection.active.line });
  if (!target) {
    return;
  }
  if (target.context !== undefined) {
    await server.execute(COMMAND, target);
    return;
  }
  const found = await server.execute<Contexts>(COMMAND, { ...target, list: true });
  if (!found?.function || found.contexts.length === 0) {
    void vscode.window.showInformationMessage("Shapelens knows of no calls of a function here.");
    return;
  }
  const items = [
    { label: "All calls", picked: found.chosen === null, context: null as number | null },
    ...found.contexts.map((each) => ({ label: each.title, picked: each.id === found.chosen, context: each.id })),
  ];
  const labelled = items.map((each) => (each.picked ? { ...each, description: "shown now" } : each));
  const choice = await vscode.window.showQuickPick(labelled, { placeHolder: `Show the shapes of ${found.function} for` });
  if (choice) {
    await server.execute(COMMAND, { uri: target.uri, line: target.line, context: choice.context });
  }
}
