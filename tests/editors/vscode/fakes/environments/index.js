// As much of the Python Environments extension's public interface as others use, and `choose`, by which a test is the person who chooses.
const vscode = require("vscode");

const changed = new vscode.EventEmitter();
let chosen;

exports.activate = () => ({
  choose(path) {
    chosen = path;
    changed.fire({});
  },
  getEnvironment: async () => chosen && { execInfo: { run: { executable: chosen } } },
  onDidChangeEnvironment: changed.event,
});
