// Bundles the extension and the page of the summary into dist/; with --tests also the unit tests; --watch goes on.
import { context } from "esbuild";
import { readdirSync } from "node:fs";

const common = { bundle: true, minify: true, sourcemap: false, target: "es2022", logLevel: "info", legalComments: "none" };
const node = { ...common, platform: "node", format: "cjs", external: ["vscode"] };
const builds = process.argv.includes("--tests")
  ? [{ ...node, minify: false, entryPoints: readdirSync("test").map((name) => `test/${name}`), outdir: "build/test" }]
  : [
      { ...node, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js" },
      { ...common, platform: "browser", format: "iife", entryPoints: ["src/view/main.ts"], outfile: "dist/view.js" },
    ];
for (const options of builds) {
  const build = await context(options);
  if (process.argv.includes("--watch")) {
    await build.watch();
  } else {
    await build.rebuild();
    await build.dispose();
  }
}
