/** The server as a process, and the client that talks to it: start, stop, restart, one after another. */
import * as vscode from "vscode";
import {
  CloseAction,
  type ErrorHandler,
  DocumentDiagnosticRequest,
  ErrorAction,
  ExecuteCommandRequest,
  type InitializeParams,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type ServerOptions,
  State,
  TransportKind,
} from "vscode-languageclient/node";
import { LazyChannel } from "./channels";
import { chosenPython } from "./environments";
import { findInterpreter, type Interpreter, NoInterpreter } from "./interpreter";
import type { Status } from "./protocol";

const SECTION = "shapelens";
const RESTARTS = 3;
const RESTARTS_WITHIN_MS = 180_000;
const STOP_MS = 3_000;

export type ServerState =
  | { kind: "starting" }
  | { kind: "running"; interpreter: Interpreter }
  | { kind: "stopped"; reason: string };

/**
 * What the client does not offer the server: to run its commands by their names, for ours of the same names first ask for what
 * these need; and to pull diagnostics, for this client never pulls those of a notebook's cells. Then they are pushed.
 */
const LEFT_OUT = new Set<string>([ExecuteCommandRequest.method, DocumentDiagnosticRequest.method]);

class Client extends LanguageClient {
  override registerFeature(feature: Parameters<LanguageClient["registerFeature"]>[0]): void {
    const method = (feature as { registrationType?: { method?: string } }).registrationType?.method;
    if (!method || !LEFT_OUT.has(method)) {
      super.registerFeature(feature);
    }
  }
}

/** Starts a server that ended by itself anew, but not for ever. */
class Persistence implements ErrorHandler {
  private readonly ends: number[] = [];

  constructor(private readonly gaveUp: () => void) {}

  error(): { action: ErrorAction } {
    return { action: ErrorAction.Continue };
  }

  closed(): { action: CloseAction; handled?: boolean } {
    const now = Date.now();
    this.ends.push(now);
    if (this.ends.filter((end) => now - end < RESTARTS_WITHIN_MS).length <= RESTARTS) {
      return { action: CloseAction.Restart, handled: true };
    }
    this.gaveUp();
    return { action: CloseAction.DoNotRestart, handled: true };
  }
}

export class Server implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel("Shapelens", { log: true });
  private readonly trace = new LazyChannel("Shapelens Trace");
  private readonly states = new vscode.EventEmitter<ServerState>();
  private readonly statuses = new vscode.EventEmitter<Status>();
  readonly onState = this.states.event;
  readonly onStatus = this.statuses.event;

  private client: Client | undefined;
  private queue: Promise<void> = Promise.resolve();
  private isRestartWaiting = false;
  /** What the code of each folder is run with, where the Python extension knows; "" stands for what is in none. */
  private pythons = new Map<string, string | undefined>();
  private interpreter: Interpreter | undefined;

  constructor(private readonly context: vscode.ExtensionContext) {}

  /** What runs the server, while it runs. */
  get runner(): Interpreter | undefined {
    return this.interpreter;
  }

  /** Stop, and start with what is set now. Calls while one waits its turn are one. */
  restart(reason: string): Promise<void> {
    if (this.isRestartWaiting) {
      return this.queue;
    }
    this.isRestartWaiting = true;
    this.queue = this.queue.then(async () => {
      this.isRestartWaiting = false;
      this.log.info(`start: ${reason}`);
      await this.stop();
      await this.start();
    });
    return this.queue;
  }

  /** Run a command of the server; undefined while there is none. Raises what the server answers with. */
  async execute<T>(command: string, argument: object): Promise<T | undefined> {
    const client = this.client;
    if (client?.state !== State.Running) {
      return undefined;
    }
    return client.sendRequest<T>(ExecuteCommandRequest.method, { command, arguments: [argument] });
  }

  /** The Python extension's choice may be another one now: the server is told, and started anew only if it ran on the old one. */
  async environmentChanged(): Promise<void> {
    const before = this.pythons;
    this.pythons = await this.chosen();
    if (JSON.stringify([...before]) !== JSON.stringify([...this.pythons])) {
      const runner = first(this.pythons);
      if (runner === first(before) || vscode.workspace.getConfiguration(SECTION).get("interpreter")) {
        await this.client?.sendNotification("workspace/didChangeConfiguration", { settings: {} });
      } else {
        await this.restart("the Python extension has chosen another interpreter");
      }
    }
  }

  async dispose(): Promise<void> {
    await this.queue;
    await this.stop();
    for (const each of [this.states, this.statuses, this.trace, this.log]) {
      each.dispose();
    }
  }

  private async chosen(): Promise<Map<string, string | undefined>> {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const found = new Map<string, string | undefined>();
    for (const uri of folders.length ? folders.map((folder) => folder.uri) : [undefined]) {
      try {
        found.set(uri?.toString() ?? "", await chosenPython(uri));
      } catch (error) {
        this.log.warn(`the Python extension does not say what it has chosen: ${String(error)}`);
      }
    }
    return found;
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose(STOP_MS);
    } catch (error) {
      this.log.warn(`the server did not stop by itself: ${String(error)}`);
    }
  }

  private async start(): Promise<void> {
    this.interpreter = undefined;
    this.states.fire({ kind: "starting" });
    const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
    try {
      this.pythons = await this.chosen();
      const interpreter = await findInterpreter(
        {
          setting: vscode.workspace.getConfiguration(SECTION).get("interpreter", ""),
          chosen: first(this.pythons),
          folders,
          isTrusted: vscode.workspace.isTrusted,
          path: process.env.PATH ?? "",
        },
        (line) => this.log.info(line),
      );
      this.log.info(`Python ${interpreter.version} at ${interpreter.python}, named by ${interpreter.source}`);
      const client = this.made(interpreter.python);
      client.onNotification("shapelens/status", (status: Status) => this.statuses.fire(status));
      this.client = client;
      await client.start();
      this.interpreter = interpreter;
      this.states.fire({ kind: "running", interpreter });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.error(reason);
      this.states.fire({ kind: "stopped", reason });
      if (error instanceof NoInterpreter) {
        void this.complain(reason);
      }
    }
  }

  private async complain(reason: string): Promise<void> {
    const settings = "Open Settings";
    if ((await vscode.window.showErrorMessage(`Shapelens: ${reason}.`, settings)) === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "shapelens.interpreter");
    }
  }

  private made(python: string): Client {
    // Compiled modules go where this machine may write, whoever installed the extension.
    const compiled = vscode.Uri.joinPath(this.context.globalStorageUri, "pycache").fsPath;
    const server: ServerOptions = {
      command: python,
      args: ["-I", "-X", "utf8", "-X", `pycache_prefix=${compiled}`, this.context.asAbsolutePath("bundled/run_server.py")],
      transport: TransportKind.stdio,
      // Not the workspace: where a program is named without its folder, Windows looks in this one first.
      options: { cwd: this.context.extensionPath },
    };
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "python" },
        { scheme: "untitled", language: "python" },
        { notebook: { notebookType: "jupyter-notebook" }, language: "python" },
      ],
      outputChannel: this.log,
      traceOutputChannel: this.trace,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      // What follows the settings is not for any settings file to say.
      initializationOptions: {
        ...this.withPython(vscode.workspace.getConfiguration(SECTION)),
        trusted: vscode.workspace.isTrusted,
        status: true,
        summaryView: true,
      } satisfies InitializeParams["initializationOptions"],
      errorHandler: new Persistence(() => this.states.fire({ kind: "stopped", reason: "the server keeps ending; see the logs" })),
      middleware: {
        workspace: {
          configuration: async (params, token, next) => {
            const answers = await next(params, token);
            if (!Array.isArray(answers)) {
              return answers;
            }
            return answers.map((answer, i) =>
              params.items[i]?.section === SECTION ? this.withPython(answer, params.items[i].scopeUri) : answer,
            );
          },
        },
      },
    };
    return new Client(SECTION, "Shapelens", server, options);
  }

  /** The settings; where none names the environment of the code, the Python extension's choice is in its place. */
  private withPython(settings: object | null, scope?: string): object {
    // Where the rules' pages stand is not for a settings file to say; they are in the extension.
    const { rulePages: _, ...given } = { ...settings } as { python?: string; rulePages?: unknown };
    const uri = scope && vscode.Uri.parse(scope).toString();
    const chosen = uri && this.pythons.has(uri) ? this.pythons.get(uri) : first(this.pythons);
    return given.python || !chosen ? given : { ...given, python: chosen };
  }
}

/** What is chosen for the first folder, which also runs the server. */
function first(pythons: ReadonlyMap<string, string | undefined>): string | undefined {
  return pythons.values().next().value;
}
