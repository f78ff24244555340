/** Which Python runs the server. Nothing of VS Code in here: the caller says what is set and what the Python extension says. */
import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";

export interface Interpreter {
  /** Path of the program. */
  python: string;
  /** Such as "3.11". */
  version: string;
  /** Who named it, for a person. */
  source: string;
}

export interface Choices {
  /** The setting `shapelens.interpreter`, or "". */
  setting: string;
  /** What the Python extension has chosen, or undefined. */
  chosen: string | undefined;
  folders: readonly string[];
  isTrusted: boolean;
  /** What PATH says. */
  path: string;
}

export const OLDEST: readonly [number, number] = [3, 10];
const ASK_MS = 10_000;
const NAMES =
  process.platform === "win32"
    ? ["python.exe", "python3.exe", "py.exe"]
    : ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/** No Python that could run the server; the message is for a person. */
export class NoInterpreter extends Error {}

/**
 * The first of: the setting, the Python extension's choice, the PATH that is new enough.
 *
 * A setting that does not work is an error, not passed over. In a workspace that is not trusted, nothing that lies in one
 * of its folders is started.
 */
export async function findInterpreter(choices: Choices, log: (line: string) => void): Promise<Interpreter> {
  if (choices.setting) {
    const python = expanded(choices.setting, choices.folders[0]);
    if (!choices.isTrusted && isInside(python, choices.folders)) {
      throw new NoInterpreter(`${python} lies in a workspace that is not trusted`);
    }
    const version = await versionOf(python);
    if (!version) {
      throw new NoInterpreter(`the setting shapelens.interpreter names ${python}, which is no Python that starts`);
    }
    if (!isNewEnough(version)) {
      throw new NoInterpreter(`${python} is Python ${version}; the server needs ${OLDEST.join(".")} or later`);
    }
    return { python, version, source: "the setting shapelens.interpreter" };
  }
  const tried = new Set<string>();
  for (const [python, source] of candidates(choices)) {
    if (tried.has(python)) {
      continue;
    }
    tried.add(python);
    if (!choices.isTrusted && isInside(python, choices.folders)) {
      log(`${python} (${source}) is passed over: it lies in a workspace that is not trusted`);
      continue;
    }
    if (!(await isThere(python))) {
      continue;
    }
    const version = await versionOf(python);
    if (version && isNewEnough(version)) {
      return { python, version, source };
    }
    log(`${python} (${source}) is passed over: ${version ? `Python ${version} is too old` : "it does not start"}`);
  }
  throw new NoInterpreter(
    `no Python ${OLDEST.join(".")} or later was found. Install one, or name it in the setting shapelens.interpreter`,
  );
}

function* candidates(choices: Choices): Generator<[string, string]> {
  if (choices.chosen) {
    yield [choices.chosen, "the Python extension"];
  }
  // An empty or relative entry would mean the folder that the editor happens to be in.
  for (const folder of choices.path.split(delimiter).filter(isAbsolute)) {
    for (const name of NAMES) {
      yield [join(folder, name), "the PATH"];
    }
  }
}

/** A path as people write it in settings: with `~` and `${workspaceFolder}`; the folder of an environment will do. */
export function expanded(path: string, folder: string | undefined): string {
  let text = path.replace(/^~(?=$|[\\/])/, homedir());
  if (folder) {
    text = text.replace(/\$\{workspaceFolder\}/g, folder);
  }
  if (!/[\\/]/.test(text)) {
    return text;
  }
  return isAbsolute(text) || !folder ? text : resolve(folder, text);
}

/** Whether a path lies in one of the folders, by its name or by where its folder really is. */
export function isInside(path: string, folders: readonly string[]): boolean {
  if (!/[\\/]/.test(path)) {
    return false;
  }
  const place = join(real(dirname(path)), basename(path));
  return folders.some((folder) => isBelow(path, folder) || isBelow(place, real(folder)) || isBelow(real(path), real(folder)));
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
}

/** Where the links of a path lead; the path itself where it is not there. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Such as "3.11"; undefined where it does not start. It runs isolated, so that nothing in its folder has a say. */
function versionOf(python: string): Promise<string | undefined> {
  const ask = "import sys;print('%d.%d' % sys.version_info[:2])";
  return new Promise((done) => {
    execFile(python, ["-I", "-S", "-c", ask], { cwd: homedir(), timeout: ASK_MS, windowsHide: true }, (error, out) => {
      const version = out?.trim();
      done(!error && /^\d+\.\d+$/.test(version) ? version : undefined);
    });
  });
}
