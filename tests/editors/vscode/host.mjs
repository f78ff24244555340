// Runs suite/index.js in the extension host of a real VS Code. usage: host.mjs FOLDER WORKSPACE
// The suite writes what came of each test to SHAPELENS_RESULT, line by line.
import fs from "node:fs";
import path from "node:path";
import { address, inVSCode } from "./browser.mjs";

const [folder, workspace] = process.argv.slice(2);
const here = import.meta.dirname;
const result = process.env.SHAPELENS_RESULT;
const LOADS = 3;
const LOAD_MS = 120_000;
const RUN_MS = 900_000;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function hasBegun() {
  for (const until = Date.now() + LOAD_MS; Date.now() < until; await sleep(200)) {
    if (fs.existsSync(result)) {
      return true;
    }
  }
  return false;
}

const others = ["python", "environments"].map((each) => path.join(here, "fakes", each));
await inVSCode(folder, { others }, async (server, page) => {
  const payload = [
    ["extensionDevelopmentPath", server.remote(path.join(here, "suite"))],
    ["extensionTestsPath", server.remote(path.join(here, "suite", "index.js"))],
    ["skipWelcome", "true"],
  ];
  let ended;
  const end = new Promise((done) => (ended = done));
  await page.exposeFunction("codeAutomationLog", () => {});
  await page.exposeFunction("codeAutomationExit", (code) => ended(code));
  for (let load = 0; load < LOADS; load++) {
    await page.goto(address(server, workspace, payload), { waitUntil: "domcontentloaded", timeout: LOAD_MS }).catch(console.error);
    // Only the workbench's loading is tried again: once the suite has begun, what it says counts.
    if (await hasBegun()) {
      return Promise.race([end, sleep(RUN_MS).then(() => 2)]);
    }
    console.error(`the workbench did not load within ${LOAD_MS / 1000} s`);
    await page.screenshot({ path: path.join(folder, `load-${load}.png`) }).catch(() => {});
  }
  return 1;
});
