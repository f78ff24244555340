// How long a person waits, as the browser shows it: from a key to the hint that follows it, and to the underline that comes or goes.
// usage: measure.mjs FOLDER WORKSPACE FILE LINE TEXT HINT HINT_AFTER [ROUNDS]
// Typing 0 behind TEXT, from LINE on, makes a hint read HINT_AFTER and underlines something; deleting it gives HINT back.
import path from "node:path";
import { address, startBrowser, startServer } from "./browser.mjs";

const [folder, workspace, file, line, text, before, after, rounds = "20"] = process.argv.slice(2);
const WAIT = { timeout: 60_000 };
const server = await startServer(folder, { "editor.acceptSuggestionOnEnter": "off", "editor.quickSuggestions": { other: "off" } });
const browser = await startBrowser(folder, { width: 1100, height: 2000 }); // Far underlines are only there where they are seen.
const page = browser.pages()[0] ?? (await browser.newPage());
const began = Date.now();
await page.goto(address(server, workspace, [["openFile", server.remote(path.join(workspace, file))]]), WAIT);
await page.waitForSelector(".monaco-editor .view-line", WAIT);
const opened = Date.now();
await page.keyboard.press("Control+G");
const input = page.locator(".quick-input-widget input").first();
await input.waitFor(WAIT);
await input.fill(`:${line}`);
await page.keyboard.press("Enter");
const seen = (words) =>
  page.waitForFunction(
    (wanted) => [...document.querySelectorAll(".view-line")].some((each) => each.innerText.replace(/\u00a0/g, " ").includes(wanted)),
    words,
    { ...WAIT, polling: 10 },
  );
await seen(before);
const first = Date.now() - opened;
console.log(`editor open ${((opened - began) / 1000).toFixed(1)} s after the page was asked for; first hints ${(first / 1000).toFixed(1)} s after that`);

/** In the page: the time from the next key to the words among the lines, and to the underline as `wanted`. */
const watch = (words, hasProblem) =>
  page.evaluate(
    ([wanted, underlined]) => {
      window.__measured = new Promise((done) => {
        window.addEventListener(
          "keydown",
          () => {
            const start = performance.now();
            const found = {};
            const look = () => {
              const lines = [...document.querySelectorAll(".view-line")];
              if (!found.hint && lines.some((each) => each.innerText.replace(/\u00a0/g, " ").includes(wanted))) {
                found.hint = performance.now() - start;
              }
              if (!found.problem && (document.querySelector(".squiggly-error") !== null) === underlined) {
                found.problem = performance.now() - start;
              }
              if (found.hint && found.problem) {
                done(found);
              } else {
                requestAnimationFrame(look);
              }
            };
            requestAnimationFrame(look);
          },
          { once: true, capture: true },
        );
      });
    },
    [words, hasProblem],
  );

await page.keyboard.press("Control+F");
const find = page.locator(".find-widget textarea").first();
await find.fill(text);
await page.keyboard.press("Escape");
await page.keyboard.press("ArrowRight");
const hints = [];
const problems = [];
for (let i = 0; i < Number(rounds); i++) {
  for (const [key, words, underlined] of [["0", after, true], ["Backspace", before, false]]) {
    await watch(words, underlined);
    await page.keyboard.press(key);
    const found = await page.evaluate(() => Promise.race([window.__measured, new Promise((done) => setTimeout(done, 30_000))]));
    if (!found) {
      await page.screenshot({ path: path.join(folder, "measure.png") });
      console.error(`nothing came of ${key}; see ${folder}/measure.png`);
      process.exit(1);
    }
    hints.push(found.hint);
    problems.push(found.problem);
    await page.waitForTimeout(400);
  }
}
const say = (name, values) => {
  values.sort((a, b) => a - b);
  const at = (share) => values[Math.min(values.length - 1, Math.floor(share * values.length))].toFixed(0);
  console.log(`${name}: median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms of ${values.length}`);
};
say(`${file}: key to hint`, hints);
say(`${file}: key to underline`, problems);
await Promise.race([browser.close(), new Promise((done) => setTimeout(done, 5_000))]);
server.stop();
process.exit(0);
