// VS Code's own server and a browser that shows its workbench. SHAPELENS_EDITORS is the folder that .ci/editors fills.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";

const editors = process.env.SHAPELENS_EDITORS;
const { chromium } = createRequire(`${editors}/vscode/package.json`)("playwright-core");
const MAIN = `${editors}/vscode/node_modules/code-server/lib/vscode/out/server-main.js`;

const SETTINGS = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "chat.commandCenter.enabled": false,
  "git.enabled": false,
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
};

const START_MS = 120_000;
const STOP_MS = 5_000;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function freePort() {
  return new Promise((done, fail) => {
    const server = net.createServer().on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** A server with the extension and `others` (folders) installed, its data in `folder`. `settings` are the user's. */
async function startServer(folder, settings = {}, others = []) {
  const user = path.join(folder, "user");
  const extensions = path.join(folder, "extensions");
  fs.mkdirSync(path.join(user, "User"), { recursive: true });
  fs.mkdirSync(extensions, { recursive: true });
  for (const other of others) {
    // What lies there when the first extension is installed counts as installed too.
    const { publisher, name, version } = JSON.parse(fs.readFileSync(path.join(other, "package.json"), "utf8"));
    fs.cpSync(other, path.join(extensions, `${publisher}.${name}-${version}`), { recursive: true });
  }
  fs.writeFileSync(path.join(user, "User", "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }, null, 2));
  const own = ["--server-data-dir", path.join(folder, "server"), "--user-data-dir", user, "--extensions-dir", extensions];
  const common = [MAIN, "--accept-server-license-terms", "--telemetry-level", "off", ...own];
  const installed = spawnSync(process.execPath, [...common, "--install-extension", `${editors}/shapelens.vsix`], { encoding: "utf8" });
  if (installed.status !== 0) {
    throw new Error(`the extension was not installed:\n${installed.stdout}\n${installed.stderr}`);
  }
  const port = await freePort();
  const log = fs.openSync(path.join(folder, "server.log"), "w");
  const server = spawn(process.execPath, [...common, "--host", "127.0.0.1", "--port", String(port), "--without-connection-token"], {
    stdio: ["ignore", log, log],
  });
  const stop = () =>
    new Promise((done) => {
      if (server.exitCode !== null || server.signalCode !== null) {
        done();
        return;
      }
      server.once("exit", done);
      server.kill();
      setTimeout(() => server.kill("SIGKILL"), STOP_MS).unref();
    });
  const base = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + START_MS; ; ) {
    if (server.exitCode !== null || Date.now() > end) {
      await stop();
      throw new Error(`VS Code's server did not start; see ${folder}/server.log`);
    }
    const answer = await fetch(base).catch(() => undefined);
    if (answer?.ok) {
      break;
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  return { base, remote: (file) => `vscode-remote://127.0.0.1:${port}${file}`, stop };
}

/** A browser with a profile of its own in `folder`. */
async function startBrowser(folder, viewport = { width: 1100, height: 680 }) {
  const profile = fs.mkdtempSync(path.join(folder, "profile-"));
  return chromium.launchPersistentContext(profile, {
    executablePath: `${editors}/bin/chromium`,
    headless: true,
    viewport,
    args: FLAGS,
    timeout: 90_000,
  });
}

/** The address of the workbench with a folder or workspace; `payload` as VS Code's own web tests use it. */
export function address({ base }, workspace, payload = []) {
  const kind = workspace.endsWith(".code-workspace") ? "workspace" : "folder";
  return `${base}/?${kind}=${workspace}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

/**
 * Show VS Code in a browser to `body(server, page)`; both are ended, whatever comes of it. Ends this process: with the number that
 * the body gives, with 1 where it fails, after a picture of how it looked then.
 */
export async function inVSCode(folder, { settings, viewport, others } = {}, body) {
  let server;
  let browser;
  let code = 1;
  try {
    server = await startServer(folder, settings, others);
    browser = await startBrowser(folder, viewport);
    const page = browser.pages()[0] ?? (await browser.newPage());
    try {
      code = (await body(server, page)) ?? 0;
    } finally {
      if (code !== 0) {
        await page.screenshot({ path: path.join(folder, "failed.png") }).catch(() => {});
      }
    }
  } catch (error) {
    console.error(error);
  } finally {
    await Promise.race([browser?.close(), new Promise((done) => setTimeout(done, STOP_MS))]).catch(console.error);
    await server?.stop();
  }
  process.exit(code);
}
