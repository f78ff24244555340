// Runs a Python script with the interpreter that PYTHON names, else with the one on the PATH.
import { spawnSync } from "node:child_process";

const names = process.env.PYTHON ? [process.env.PYTHON] : ["python3", "python"];
for (const name of names) {
  const run = spawnSync(name, process.argv.slice(2), { stdio: "inherit" });
  if (run.error?.code !== "ENOENT") {
    process.exit(run.status ?? 1);
  }
}
console.error(`no Python (${names.join(", ")}) on the PATH`);
process.exit(1);
