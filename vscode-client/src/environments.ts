/** What the Python extensions say, where one of them is installed: the interpreter that a person has chosen. */
import * as vscode from "vscode";

/** As much of `ms-python.vscode-python-envs` as is used. */
interface EnvironmentsApi {
  getEnvironment(scope: vscode.Uri | undefined): Promise<{ execInfo?: { run?: { executable?: string } } } | undefined>;
  onDidChangeEnvironment?: vscode.Event<unknown>;
}

/** As much of `ms-python.python` as is used. */
interface PythonApi {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(path: unknown): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const ENVIRONMENTS = "ms-python.vscode-python-envs";
const PYTHON = "ms-python.python";
const ACTIVATE_MS = 10_000;

/** The chosen interpreter's path, or undefined where nobody knows of one. */
export async function chosenPython(folder: vscode.Uri | undefined): Promise<string | undefined> {
  const environments = await exportsOf<EnvironmentsApi>(ENVIRONMENTS);
  const found = (await environments?.getEnvironment?.(folder))?.execInfo?.run?.executable;
  if (found) {
    return found;
  }
  const api = (await exportsOf<PythonApi>(PYTHON))?.environments;
  if (!api) {
    return undefined;
  }
  const resolved = await api.resolveEnvironment(api.getActiveEnvironmentPath(folder));
  return resolved?.executable.uri?.fsPath;
}

/** Calls back when a person chooses another one, or a Python extension comes or goes. */
export async function onChosenPythonChanged(changed: () => void): Promise<vscode.Disposable> {
  const listeners = [vscode.extensions.onDidChange(changed)];
  const environments = await exportsOf<EnvironmentsApi>(ENVIRONMENTS);
  if (environments?.onDidChangeEnvironment) {
    listeners.push(environments.onDidChangeEnvironment(changed));
  }
  const python = await exportsOf<PythonApi>(PYTHON);
  if (python?.environments) {
    listeners.push(python.environments.onDidChangeActiveEnvironmentPath(changed));
  }
  return vscode.Disposable.from(...listeners);
}

/** What the extension offers others; it may be slow, absent or broken, and none of these is our error. */
async function exportsOf<T>(id: string): Promise<T | undefined> {
  const extension = vscode.extensions.getExtension<T>(id);
  if (!extension) {
    return undefined;
  }
  if (extension.isActive) {
    return extension.exports;
  }
  const late = new Promise<undefined>((done) => setTimeout(done, ACTIVATE_MS, undefined));
  return Promise.race([Promise.resolve(extension.activate()).catch(() => undefined), late]);
}
