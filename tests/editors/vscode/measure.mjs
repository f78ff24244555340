// How long a person waits, as the browser shows it: from a key to the hint that changes with it, and to the underline that comes or goes.
// usage: measure.mjs FOLDER WORKSPACE FILE LINE TYPED AFTER ROUNDS; prints one JSON object
// Typing 0 behind TYPED makes a hint say AFTER, and underlines something; all of that is seen where LINE is in the middle.
import path from "node:path";
import { address, inVSCode } from "./browser.mjs";

const [folder, workspace, file, line, typed, after, rounds] = process.argv.slice(2);
const WAIT = { timeout: 120_000 };
const SETTINGS = {
  "editor.acceptSuggestionOnEnter": "off",
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.hover.enabled": false,
  "editor.parameterHints.enabled": false,
  "editor.occurrencesHighlight": "off",
};

async function measured(server, page) {
  page.setDefaultTimeout(WAIT.timeout);
  const has = (words, wanted) =>
    page.waitForFunction(
      ([text, is]) => [...document.querySelectorAll(".view-line")].some((each) => each.innerText.replace(/\u00a0/g, " ").includes(text)) === is,
      [words, wanted],
      { ...WAIT, polling: 10 },
    );
  const underlined = (wanted) => page.waitForSelector(".squiggly-error", { state: wanted ? "attached" : "detached", ...WAIT });
  const asked = Date.now();
  await page.goto(address(server, workspace, [["openFile", server.remote(path.join(workspace, file))]]), WAIT);
  await page.waitForSelector(".monaco-editor .view-line", WAIT);
  const opened = Date.now();
  await has("→", true);
  const first = Date.now();
  await page.keyboard.press("Control+G");
  const input = page.locator(".quick-input-widget input").first();
  await input.fill(`:${line}`);
  await page.keyboard.press("Enter");
  await input.waitFor({ state: "hidden" });

  await page.keyboard.press("Control+F");
  const find = page.locator(".find-widget textarea").first();
  await find.fill(typed);
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowRight");
  const found = { opened: opened - asked, firstHints: first - opened, hints: [], problems: [] };
  // The first rounds are not counted: the editor learns how long the hints take, and waits accordingly.
  for (let i = -2; i < Number(rounds); i++) {
    for (const [key, comes] of [["0", true], ["Backspace", false]]) {
      await page.evaluate(watch, [after, comes]);
      await page.keyboard.press(key);
      const { hint, problem } = await page.evaluate(() => window.__measured);
      await has(after, comes);
      await underlined(comes);
      if (i >= 0) {
        found.hints.push(hint);
        found.problems.push(problem);
      }
      await page.waitForTimeout(900); // As of a person who looks at what came: until 0.8 s after a key the editor draws hints otherwise.
    }
  }
  return found;
}

/** In the page: `window.__measured`, the milliseconds from the next key to the words among the lines (or to none of them), and to the underline. */
function watch([text, comes]) {
  window.__measured = new Promise((done, fail) => {
    const pressed = () => {
      const start = performance.now();
      const found = {};
      const look = () => {
        const lines = [...document.querySelectorAll(".view-line")];
        if (lines.some((each) => each.innerText.replace(/\u00a0/g, " ").includes(text)) === comes) {
          found.hint ??= performance.now() - start;
        }
        if ((document.querySelector(".squiggly-error") !== null) === comes) {
          found.problem ??= performance.now() - start;
        }
        if (found.hint && found.problem) {
          done(found);
        } else if (performance.now() - start > 60_000) {
          fail(new Error(`nothing came of the key but ${JSON.stringify(found)}`));
        } else {
          requestAnimationFrame(look);
        }
      };
      requestAnimationFrame(look);
    };
    window.addEventListener("keydown", pressed, { once: true, capture: true });
  });
}

// What is not seen is not drawn, so the window is high.
await inVSCode(folder, { settings: SETTINGS, viewport: { width: 1100, height: 2000 } }, async (server, page) => {
  console.log(JSON.stringify(await measured(server, page)));
});
