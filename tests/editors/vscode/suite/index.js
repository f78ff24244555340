// Runs inside VS Code's extension host, with the whole of its API: what a person meets, by way of the editor.
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

const WAIT_MS = 120_000;
const result = process.env.SHAPELENS_RESULT;
const OTHER_PYTHON = process.env.SHAPELENS_OTHER_PYTHON;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const run = (command, ...given) => vscode.commands.executeCommand(command, ...given);

/** What `ask` gives as soon as it gives something. */
async function until(what, ask, ms = WAIT_MS) {
  let last;
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    try {
      last = await ask();
      if (last) {
        return last;
      }
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`timed out: ${what}; last: ${last && (last.stack ?? JSON.stringify(last))}`);
}

const root = () => vscode.workspace.workspaceFolders[0].uri;

async function open(name, folder = root()) {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, name));
  await vscode.window.showTextDocument(document);
  return document;
}

let made = 0;

/** A new file with this text, open in the editor. */
async function write(text, folder = root()) {
  const uri = vscode.Uri.joinPath(folder, `made_${++made}.py`);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  return document;
}

const label = (hint) => (typeof hint.label === "string" ? hint.label : hint.label.map((part) => part.value).join(""));

/** The hints as [line, label], lines from 1. */
async function hints(document) {
  const all = new vscode.Range(0, 0, document.lineCount, 0);
  const found = (await run("vscode.executeInlayHintProvider", document.uri, all)) ?? [];
  return found.map((hint) => [hint.position.line + 1, label(hint), hint]);
}

/** The labels of a line, as soon as it has one that fits. */
const hintAt = (document, line, wanted) =>
  until(`${wanted} on line ${line}`, async () => (await hints(document)).find(([at, text]) => at === line && wanted.test(text)));

const problems = (document) => vscode.languages.getDiagnostics(document.uri).filter((each) => each.source === "shapelens");
const codeOf = (problem) => (typeof problem.code === "object" ? problem.code.value : problem.code);
const problem = (document, code) => until(`problem ${code}`, () => problems(document).find((each) => codeOf(each) === code));
const noProblem = (document) => until("no problem", () => problems(document).length === 0);

/** Type over the first occurrence of a text. */
async function type(document, old, text) {
  const at = document.getText().indexOf(old);
  assert.notStrictEqual(at, -1, `${old} is not in the file`);
  const editor = await vscode.window.showTextDocument(document);
  const range = new vscode.Range(document.positionAt(at), document.positionAt(at + old.length));
  editor.selection = new vscode.Selection(range.start, range.end);
  await run("type", { text });
}

/** Put a text in the place of the first occurrence of another, several lines of it too, without the editor's help as one types. */
async function replace(document, old, text) {
  const at = document.getText().indexOf(old);
  assert.notStrictEqual(at, -1, `${old} is not in the file`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + old.length)), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

const quickFixes = async (document, found) => {
  const actions = await run("vscode.executeCodeActionProvider", document.uri, found.range, vscode.CodeActionKind.QuickFix.value, 20);
  return actions.filter((action) => action.edit);
};

async function setting(name, value) {
  await vscode.workspace.getConfiguration("shapelens").update(name, value, vscode.ConfigurationTarget.Global);
}

const api = async () => {
  const extension = vscode.extensions.getExtension("shapelens.shapelens");
  const found = await extension.activate();
  await found.started;
  return found;
};

const tests = {
  async hints() {
    const document = await open("broken_lenet.py");
    assert.match((await hintAt(document, 16, /64/))[1], /\(64, 6, 12, 12\)/);
    assert.match((await hintAt(document, 18, /64/))[1], /\(64, 256\)/);
    assert.match((await hintAt(document, 9, /64/))[1], /\(64, 6, 24, 24\)/);
  },

  async hover() {
    const document = await open("broken_lenet.py");
    await hintAt(document, 18, /256/);
    const at = document.positionAt(document.getText().indexOf("x = torch.flatten"));
    const found = await run("vscode.executeHoverProvider", document.uri, at);
    const text = found.flatMap((each) => each.contents.map((content) => content.value ?? content)).join("\n");
    assert.match(text, /64, 256/);
  },

  async "problems with their places and pages"() {
    const document = await open("broken_lenet.py");
    const found = await problem(document, "feature-mismatch");
    assert.match(found.message, /400.*256/s);
    assert.strictEqual(found.range.start.line, 18);
    assert.strictEqual(found.severity, vscode.DiagnosticSeverity.Error);
    assert.ok(found.relatedInformation.some((each) => each.location.range.start.line === 10));
    assert.ok(fs.readFileSync(found.code.target.fsPath, "utf8").includes("feature-mismatch"));
  },

  async "problems as one types"() {
    const document = await open("broken_lenet.py");
    await problem(document, "feature-mismatch");
    await type(document, "400", "256");
    await noProblem(document);
    await hintAt(document, 19, /64, 120/);
    await run("undo");
    await problem(document, "feature-mismatch");
  },

  async "each quick fix"() {
    const text = fs.readFileSync(path.join(root().fsPath, "broken_lenet.py"), "utf8");
    let document = await write(text);
    const titles = (await quickFixes(document, await problem(document, "feature-mismatch"))).map((each) => each.title);
    assert.ok(titles.length >= 2, titles.join());
    assert.ok(titles.some((title) => title.includes("256")), titles.join());
    for (const title of titles) {
      document = await write(text);
      const fixes = await quickFixes(document, await problem(document, "feature-mismatch"));
      const fix = fixes.find((each) => each.title === title);
      assert.ok(fix, `${title} is offered again`);
      assert.ok(await vscode.workspace.applyEdit(fix.edit));
      assert.notStrictEqual(document.getText(), text);
      await noProblem(document);
    }
  },

  async "code lens"() {
    const document = await open("broken_lenet.py");
    const lenses = await until("code lens", async () => {
      const found = await run("vscode.executeCodeLensProvider", document.uri, 20);
      return found.length && found;
    });
    const titles = lenses.map((lens) => `${lens.range.start.line + 1}: ${lens.command?.title}`);
    assert.ok(titles.some((title) => title.startsWith("6: ") && title.includes("61,706 parameters")), titles.join("\n"));
  },

  async "status text"() {
    const document = await open("broken_lenet.py");
    await hintAt(document, 18, /256/);
    const { statusText } = await api();
    await until("status", () => /^\d+ of \d+ tensor lines? known/.test(statusText()));
  },

  async "toggle hints"() {
    const document = await open("broken_lenet.py");
    await hintAt(document, 18, /256/);
    await run("shapelens.toggleHints");
    await until("no hints", async () => (await hints(document)).length === 0);
    await run("shapelens.toggleHints");
    await hintAt(document, 18, /256/);
  },

  async "setting change"() {
    const document = await open("broken_lenet.py");
    const length = document.lineAt(17).text.length;
    assert.strictEqual((await hintAt(document, 18, /256/))[2].position.character, length);
    await setting("inlayHints.position", "name");
    await until("hints behind names", async () => (await hintAt(document, 18, /256/))[2].position.character < length);
    await setting("inlayHints.position", undefined);
    await until("hints at line ends", async () => (await hintAt(document, 18, /256/))[2].position.character === length);
    await setting("diagnostics.enabled", false);
    await noProblem(document);
    await setting("diagnostics.enabled", undefined);
    await problem(document, "feature-mismatch");
  },

  async restart() {
    const document = await open("broken_lenet.py");
    await hintAt(document, 18, /256/);
    await run("shapelens.restart");
    await hintAt(document, 18, /256/);
    await problem(document, "feature-mismatch");
  },

  async "broken file"() {
    const document = await write("import torch\n\n\ndef f():\n    a = torch.zeros(2, 3)\n    b = a.t()\n    return b @ a\n");
    await hintAt(document, 6, /3, 2/);
    await replace(document, "    b = a.t()\n", "    b = a.t()\n    c = torch.cat((a, \n");
    await sleep(300);
    await hintAt(document, 6, /3, 2/);
    await hintAt(document, 8, /3, 3/);
    await replace(document, "torch.cat((a, \n", "torch.cat((a, a))\n");
    await hintAt(document, 7, /4, 3/);
  },

  async "wide characters"() {
    const document = await write('import torch\n\nname = "é 𝔸"; a = torch.zeros(2, 3)[0].unsqueeze(1)  # 𝔸\n');
    const found = await hintAt(document, 3, /3, 1/);
    assert.strictEqual(found[2].position.character, document.lineAt(2).text.length);
  },

  async "an untitled file"() {
    const document = await vscode.workspace.openTextDocument({ language: "python", content: "import torch\n\na = torch.zeros(4, 5).t()\n" });
    await vscode.window.showTextDocument(document);
    await hintAt(document, 3, /5, 4/);
    await run("workbench.action.revertAndCloseActiveEditor");
  },

  async "two folders"() {
    const [first, second] = vscode.workspace.workspaceFolders;
    assert.ok(second, "there are two folders");
    const one = await open("uses_parts.py", first.uri);
    await hintAt(one, 4, /2, 7/);
    const other = await open("uses_parts.py", second.uri);
    await hintAt(other, 4, /2, 9/);
  },

  async notebook() {
    const uri = vscode.Uri.joinPath(root(), "notebook.ipynb");
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    await vscode.window.showNotebookDocument(notebook);
    assert.strictEqual(notebook.notebookType, "jupyter-notebook");
    const [first, second] = notebook.getCells().map((cell) => cell.document);
    await hintAt(first, 2, /5, 4/);
    await problem(second, "matmul-mismatch");
    await hintAt(second, 2, /4, 5/);
    assert.strictEqual(problems(first).length, 0);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(first.uri, new vscode.Range(1, 0, 1, first.lineAt(1).text.length), "a = torch.zeros(4, 3)");
    await vscode.workspace.applyEdit(edit);
    await noProblem(second);
    await hintAt(second, 1, /4, 2/);
  },

  async "summary view"() {
    const { summary } = await api();
    const document = await open("broken_lenet.py");
    await type(document, "400", "256");
    await noProblem(document);
    const drawn = new Promise((done) => summary.onDrawn((each) => each.nodes > 0 && done(each)));
    const shown = new Promise((done) => summary.onShown(done));
    await run("shapelens.summary");
    const found = await shown;
    assert.strictEqual(found.model, "LeNet");
    assert.strictEqual(found.error, "");
    const late = sleep(WAIT_MS).then(() => Promise.reject(new Error("the page drew nothing")));
    const { rows, nodes, edges } = await Promise.race([drawn, late]);
    assert.strictEqual(rows, found.summary.layers.length);
    assert.ok(nodes >= 8 && edges >= nodes - 1, `${nodes} boxes, ${edges} arrows`);
    const place = found.flow.nodes.find((node) => node.name === "conv2").place;
    await summary.goTo(place);
    const editor = vscode.window.activeTextEditor;
    assert.strictEqual(editor.document, document);
    assert.match(document.getText(editor.selection), /self\.conv2\(x\)/);
    await vscode.window.showTextDocument(document);
    await run("undo");
  },

  async "summary follows the file"() {
    const { summary } = await api();
    const document = await write("import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(4, 5)\n\n    def forward(self, x):\n        return self.a(x)\n\n\nNet()(torch.rand(2, 4))\n");
    const widths = [];
    const listener = summary.onShown((each) => widths.push(each.summary?.output?.text));
    await run("shapelens.summary", { uri: document.uri.toString(), model: "Net" });
    await until("(2, 5)", () => widths.at(-1) === "(2, 5)");
    await type(document, "4, 5", "4, 6");
    await until("(2, 6)", () => widths.at(-1) === "(2, 6)");
    listener.dispose();
  },

  async "choose a call"() {
    const document = await write("import torch\n\n\ndef f(x):\n    y = x.t()\n    return y\n\n\nf(torch.zeros(2, 3))\nf(torch.zeros(4, 5))\n");
    await hintAt(document, 5, /3\|5/);
    await run("shapelens.chooseContext", { uri: document.uri.toString(), line: 4, context: 1 });
    await hintAt(document, 5, /\(5, 4\)/);
    await run("shapelens.chooseContext", { uri: document.uri.toString(), line: 4, context: null });
    await hintAt(document, 5, /3\|5/);
  },

  async "rule page"() {
    const document = await open("broken_lenet.py");
    const found = await problem(document, "feature-mismatch");
    vscode.window.activeTextEditor.selection = new vscode.Selection(found.range.start, found.range.start);
    await run("shapelens.rulePage");
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs).map((tab) => tab.label);
    await until("the preview", () => tabs().some((name) => name.includes("feature-mismatch")));
    const page = await vscode.workspace.openTextDocument(vscode.Uri.parse("shapelens-rule:/feature-mismatch.md"));
    assert.match(page.getText(), /feature-mismatch/);
  },

  async "the interpreter that a Python extension says is chosen"() {
    const { interpreter } = await api();
    const document = await open("broken_lenet.py");
    for (const id of ["ms-python.python", "ms-python.vscode-python-envs"]) {
      const { choose } = await vscode.extensions.getExtension(id).activate();
      choose(OTHER_PYTHON);
      const { source } = await until(`the choice of ${id}`, () => interpreter()?.python === OTHER_PYTHON && interpreter());
      assert.strictEqual(source, "the Python extension");
      await hintAt(document, 18, /256/);
      choose(undefined);
      await until("the first on the PATH again", () => interpreter() && interpreter().python !== OTHER_PYTHON);
    }
  },

  async "each folder's own interpreter"() {
    const { interpreter } = await api();
    const [first, second] = vscode.workspace.workspaceFolders;
    const text = "import torch\nfrom widths import WIDTH\n\na = torch.zeros(WIDTH, 2).t()\nb = torch.zeros(3, 4).t()\n";
    const runner = await until("the server", interpreter);
    const { choose } = await vscode.extensions.getExtension("ms-python.python").activate();
    choose(OTHER_PYTHON, second.uri);
    await hintAt(await write(text, second.uri), 4, /2, 11/);
    const other = await write(text, first.uri);
    await hintAt(other, 5, /4, 3/);
    assert.ok(!(await hints(other)).some(([, label]) => /11/.test(label)), "the first folder's interpreter has no such package");
    assert.strictEqual(interpreter(), runner, "it was not started anew");
    choose(undefined, second.uri);
  },

  async "each folder's own settings"() {
    const [first, second] = vscode.workspace.workspaceFolders;
    const text = "import torch\n\na = torch.zeros(2, 5).t()\nb = a @ a\n";
    const set = (name, value) =>
      vscode.workspace.getConfiguration("shapelens", second.uri).update(name, value, vscode.ConfigurationTarget.WorkspaceFolder);
    await set("inlayHints.position", "name");
    await set("diagnostics.enabled", false);
    const other = await write(text, second.uri);
    const character = async (document) => (await hintAt(document, 3, /5, 2/))[2].position.character;
    await until("a hint behind the name", async () => (await character(other)) === 1);
    const document = await write(text, first.uri);
    await problem(document, "matmul-mismatch");
    assert.strictEqual(await character(document), document.lineAt(2).text.length);
    assert.deepStrictEqual(problems(other), []);
    await set("inlayHints.position", undefined);
    await set("diagnostics.enabled", undefined);
    await problem(other, "matmul-mismatch");
  },

  async "each kind of hint off and on"() {
    const document = await open("broken_lenet.py");
    const lines = { assignments: 18, parameters: 15, layers: 9 };
    for (const [kind, line] of Object.entries(lines)) {
      await hintAt(document, line, /64/);
      await setting(`inlayHints.${kind}`, false);
      await until(`no ${kind}`, async () => !(await hints(document)).some(([at]) => at === line));
      await setting(`inlayHints.${kind}`, undefined);
      await hintAt(document, line, /64/);
    }
  },

  async "a hint adopted as a comment and as annotations"() {
    const text = "import torch\n\n\ndef f(x):\n    y = x.t()\n    return y\n\n\nf(torch.zeros(2, 3))\n";
    const document = await write(text);
    await hintAt(document, 5, /3, 2/);
    const rewrite = async (line, wanted) => {
      const at = new vscode.Range(line, 4, line, 4);
      const kind = vscode.CodeActionKind.RefactorRewrite.value;
      const action = await until(`${wanted} on line ${line + 1}`, async () =>
        (await run("vscode.executeCodeActionProvider", document.uri, at, kind, 20)).find((each) => wanted.test(each.title) && each.edit),
      );
      assert.ok(await vscode.workspace.applyEdit(action.edit));
    };
    await rewrite(4, /comment/);
    assert.strictEqual(document.lineAt(4).text, "    y = x.t()  # (3, 2)");
    await rewrite(3, /jaxtyping/);
    assert.match(document.getText(), /def f\(x: Float\[Tensor, ".*3"\]\)/);
    await until("no problem", async () => problems(document).length === 0 && (await hints(document)).some(([, label]) => /3, 2/.test(label)));
  },

  async "a problem silenced on its line"() {
    const document = await write("import torch\n\na = torch.zeros(2, 3)\nb = a @ a\n");
    const found = await problem(document, "matmul-mismatch");
    const action = (await quickFixes(document, found)).find((each) => /Disable/.test(each.title));
    assert.ok(await vscode.workspace.applyEdit(action.edit));
    assert.match(document.lineAt(3).text, /# shapelens: ignore\[matmul-mismatch\]$/);
    await noProblem(document);
  },

  async "a bad interpreter is said, a good one taken"() {
    const { statusText } = await api();
    const document = await open("broken_lenet.py");
    await setting("interpreter", "/nowhere/python3");
    await until("it does not run", () => statusText() === "Shapelens does not run");
    await setting("interpreter", undefined);
    await hintAt(document, 18, /256/);
  },
};

exports.run = async () => {
  fs.writeFileSync(result, "");
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    const started = Date.now();
    let error = null;
    try {
      await test();
    } catch (raised) {
      error = String(raised?.stack ?? raised);
      failed++;
    }
    fs.appendFileSync(result, `${JSON.stringify({ name, error, seconds: (Date.now() - started) / 1000 })}\n`);
  }
  if (failed) {
    throw new Error(`${failed} tests failed`);
  }
};
