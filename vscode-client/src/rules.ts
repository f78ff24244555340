/** The pages of the rules, as documents that the editor can show. */
import * as vscode from "vscode";
import type { Server } from "./server";

const SCHEME = "shapelens-rule";

/** Gives the pages to VS Code's own preview of Markdown. */
export class RulePages implements vscode.TextDocumentContentProvider {
  constructor(private readonly server: Server) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const code = uri.path.replace(/^\//, "").replace(/\.md$/, "");
    const page = await this.server.execute<{ markdown: string }>("shapelens.rulePage", { code });
    return page?.markdown ?? "The server does not run.";
  }

  register(): vscode.Disposable {
    return vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }
}

/** Open the page of a code; without one, that of the problem under the caret, or of one that a person picks. */
export async function openRulePage(code?: unknown): Promise<void> {
  const known = typeof code === "string" ? code : await pickCode();
  if (known) {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${known}.md` });
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }
}

async function pickCode(): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return undefined;
  }
  const problems = vscode.languages.getDiagnostics(editor.document.uri).filter((each) => each.source === "shapelens");
  const here = problems.filter((each) => each.range.intersection(editor.selection));
  const codes = [...new Set((here.length ? here : problems).map(codeOf))].filter((each) => each !== "");
  if (codes.length === 0) {
    void vscode.window.showInformationMessage("Shapelens reports no problem in this file.");
  }
  return codes.length > 1 ? vscode.window.showQuickPick(codes, { placeHolder: "Rule" }) : codes[0];
}

function codeOf(problem: vscode.Diagnostic): string {
  const { code } = problem;
  return String((typeof code === "object" ? code.value : code) ?? "");
}
