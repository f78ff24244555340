// Pictures of what a person sees, after typing and clicking as one does. usage: screens.mjs FOLDER WORKSPACE OUT
import fs from "node:fs";
import path from "node:path";
import { address, inVSCode } from "./browser.mjs";

const [folder, workspace, out] = process.argv.slice(2);
const WAIT = { timeout: 120_000 };
const LOADS = 3;
const TRIES = 6;
const TRY_MS = 20_000;
const SETTINGS = {
  "workbench.activityBar.location": "hidden",
  "workbench.statusBar.visible": true,
  "workbench.sideBar.location": "right",
  "breadcrumbs.enabled": false,
  "editor.fontSize": 13,
  "editor.lightbulb.enabled": "off",
  "editor.occurrencesHighlight": "off",
  "editor.renderLineHighlight": "none",
  "workbench.colorTheme": "Default Dark Modern",
  "editor.hover.delay": 200,
};

fs.mkdirSync(out, { recursive: true });
let server;
let page;

const text = (words) =>
  page.waitForFunction(
    (wanted) => [...document.querySelectorAll(".view-line")].some((line) => line.innerText.replace(/\u00a0/g, " ").includes(wanted)),
    words,
    WAIT,
  );
const shoot = async (name) => {
  await page.mouse.move(2, 2);
  await page.waitForTimeout(300);
  await page.screenshot({ path: path.join(out, `${name}.png`) });
  console.log(`${name}.png`);
};

async function load(file) {
  const url = address(server, workspace, [
    ["openFile", server.remote(path.join(workspace, file))],
    ["skipWelcome", "true"],
  ]);
  for (let left = LOADS; ; left--) {
    try {
      await page.goto(url, { waitUntil: "domcontentloaded", ...WAIT });
      await page.waitForSelector(".monaco-editor .view-line", WAIT);
      return;
    } catch (error) {
      if (left === 1) {
        throw error;
      }
    }
  }
}

/** Do something until it has its effect: on a busy machine the editor may not have been ready for it the first time. */
async function until(locator, act) {
  for (let left = TRIES; ; left--) {
    try {
      await act();
      await locator.waitFor({ timeout: TRY_MS });
      return;
    } catch (error) {
      if (left === 1) {
        throw error;
      }
      await page.keyboard.press("Escape");
    }
  }
}

const press = (keys) => () => page.keyboard.press(keys);
const lineShown = (line) => page.locator(".statusbar-item", { hasText: new RegExp(`Ln ${line}\\b`) });
/** Move the mouse to something that the editor may draw anew meanwhile. */
async function pointAt(locator) {
  const { x, y, width, height } = await locator.boundingBox({ timeout: TRY_MS });
  await page.mouse.move(2, 2);
  await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
}

const input = () => page.locator(".quick-input-widget input").first();

/** Run a command by its title, as a person would. */
async function command(title) {
  await until(input(), press("F1"));
  await input().fill(`>${title}`);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().click(WAIT);
  await input().waitFor({ state: "hidden", ...WAIT });
}

async function goTo(line, column) {
  await until(input(), press("Control+G"));
  await input().fill(`:${line}:${column}`);
  await page.keyboard.press("Enter");
  await input().waitFor({ state: "hidden", ...WAIT });
  await lineShown(line).first().waitFor(WAIT);
}

/** The frame of the page in the webview, where it has drawn a data flow. */
async function summaryFrame() {
  for (const end = Date.now() + WAIT.timeout; Date.now() < end; await page.waitForTimeout(200)) {
    for (const frame of page.frames()) {
      if (await frame.locator("svg .box").count().catch(() => 0)) {
        return frame;
      }
    }
  }
  throw new Error("the summary was not drawn");
}

async function pictures() {
  await load("broken_lenet.py");
  await text("(64, 256)");
  await page.waitForSelector(".squiggly-error", WAIT);
  await page.keyboard.press("Control+B").catch(() => {});
  await shoot("problem");

  await goTo(18, 9);
  await until(page.locator(".monaco-hover:not(.hidden) .hover-contents").first(), () => command("Show or Focus Hover"));
  await page.waitForTimeout(500);
  await page.screenshot({ path: path.join(out, "hover.png") });
  await page.keyboard.press("Escape");

  // The tooltip of a hint comes when the mouse is over it.
  const story = page.locator(".monaco-hover:not(.hidden)", { hasText: "How it came about" }).first();
  const hint = page.locator(".view-line", { hasText: "torch.flatten(x, 1)" }).locator("span", { hasText: /^64$/ }).first();
  await until(story, () => pointAt(hint));
  await page.keyboard.press("Escape");

  await goTo(19, 22);
  const fix = page.locator(".action-widget .monaco-list-row.focused", { hasText: "in_features" });
  await until(fix, press("Control+."));
  await page.waitForTimeout(300);
  await page.screenshot({ path: path.join(out, "fix.png") });
  await page.keyboard.press("Enter"); // The one that is preferred stands first, and is chosen.
  await page.waitForSelector(".squiggly-error", { state: "detached", ...WAIT });
  await shoot("fixed");

  await load("cifar10.py");
  await text("(64|256, 4096)");
  await shoot("hints");

  await command("Shapelens: Show Model Summary");
  const frame = await summaryFrame();
  await until(lineShown(25).first(), async () => {
    await frame.locator(".box", { hasText: "fc1" }).first().focus();
    await page.keyboard.press("Enter");
  });
  await shoot("summary-to-line");

  await load("transformer.py");
  await text("(16, 63, 256)");
  await command("Shapelens: Show Model Summary");
  await summaryFrame();
  await command("View: Toggle Maximize Editor Group");
  await page.waitForTimeout(500);
  await shoot("summary");
  await command("Preferences: Toggle between Light/Dark Themes");
  await page.waitForSelector(".monaco-workbench.vs", WAIT);
  await page.waitForTimeout(500);
  await shoot("summary-light");
}

await inVSCode(folder, { settings: SETTINGS, viewport: { width: 980, height: 600 } }, async (...shown) => {
  [server, page] = shown;
  await pictures();
});
