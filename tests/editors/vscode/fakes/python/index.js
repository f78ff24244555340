// As much of the Python extension's public interface as others use, and `choose`, by which a test is the person who chooses.
const vscode = require("vscode");

const changed = new vscode.EventEmitter();
const chosen = new Map();
const key = (resource) => vscode.workspace.getWorkspaceFolder(resource ?? vscode.Uri.file("/"))?.uri.toString() ?? "";

exports.activate = () => ({
  choose(path, folder) {
    chosen.set(folder ? folder.toString() : "", path);
    changed.fire({});
  },
  environments: {
    getActiveEnvironmentPath: (resource) => ({ path: chosen.get(key(resource)) ?? chosen.get("") ?? "python" }),
    resolveEnvironment: async ({ path }) => (path === "python" ? undefined : { executable: { uri: vscode.Uri.file(path) } }),
    onDidChangeActiveEnvironmentPath: changed.event,
  },
});
