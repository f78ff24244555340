/** Which Python runs the server, tried with small programs that answer as Pythons do. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Choices, expanded, findInterpreter, isInside, isNewEnough, NoInterpreter } from "../src/interpreter";

const root = mkdtempSync(join(tmpdir(), "interpreters-"));

/** A folder with a `python3` that says it is of this version. */
function python(name: string, version: string): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  const program = join(folder, "python3");
  writeFileSync(program, `#!/bin/sh\necho ${version}\n`);
  chmodSync(program, 0o755);
  return program;
}

const none: Choices = { setting: "", chosen: undefined, folders: [], isTrusted: true, path: "" };
const find = (choices: Partial<Choices>) => findInterpreter({ ...none, ...choices }, () => undefined);

test("the setting counts before the Python extension, and that before the PATH", async () => {
  const [set, chosen, onPath] = [python("a", "3.12"), python("b", "3.11"), python("c", "3.10")];
  const path = join(root, "c");
  assert.equal((await find({ setting: set, chosen, path })).python, set);
  assert.equal((await find({ chosen, path })).python, chosen);
  assert.deepEqual(await find({ path }), { python: onPath, version: "3.10", source: "the PATH" });
});

test("what is too old or does not start is passed over", async () => {
  const [old, good] = [python("old", "3.9"), python("good", "3.13")];
  const bad = python("bad", "nonsense");
  assert.equal((await find({ chosen: old, path: [join(root, "bad"), join(root, "good")].join(":") })).python, good);
  await assert.rejects(find({ chosen: bad }), NoInterpreter);
});

test("a setting that does not work is an error", async () => {
  await assert.rejects(find({ setting: join(root, "nothing"), path: join(root, "c") }), /no Python that starts/);
  await assert.rejects(find({ setting: python("older", "3.8") }), /3\.8/);
});

test("nothing of a workspace that is not trusted is started", async () => {
  const [own, outside] = [python("work/bin", "3.12"), python("outside", "3.12")];
  const untrusted = { isTrusted: false, folders: [join(root, "work")] };
  assert.equal((await find({ ...untrusted, chosen: own, path: join(root, "outside") })).python, outside);
  await assert.rejects(find({ ...untrusted, setting: own }), /not trusted/);
  await assert.rejects(find({ ...untrusted, path: join(root, "work/bin") }), NoInterpreter);
});

test("a relative folder on the PATH is passed over", async () => {
  await assert.rejects(find({ path: `.:bin:${join(root, "nowhere")}` }), NoInterpreter);
});

test("settings may speak of the workspace folder", () => {
  assert.equal(expanded("${workspaceFolder}/.venv/bin/python", "/w"), "/w/.venv/bin/python");
  assert.equal(expanded(".venv/bin/python", "/w"), "/w/.venv/bin/python");
  assert.equal(expanded("python3.12", "/w"), "python3.12");
  assert.ok(isInside("/w/.venv/bin/python", ["/w"]) && !isInside("/wide/python", ["/w"]) && !isInside("python3", ["/w"]));
});

test("3.10 is new enough", () => {
  assert.ok(isNewEnough("3.10") && isNewEnough("3.14") && isNewEnough("4.0"));
  assert.ok(!isNewEnough("3.9") && !isNewEnough("2.7"));
});

test("a workspace that is reached by a link holds what it holds", async () => {
  const inside = python("reached/.venv/bin", "3.12");
  symlinkSync(join(root, "reached"), join(root, "link"));
  symlinkSync(inside, join(root, "python3"));
  const untrusted = { folders: [join(root, "link")], isTrusted: false };
  await assert.rejects(find({ ...untrusted, chosen: inside }), NoInterpreter);
  await assert.rejects(find({ ...untrusted, setting: join(root, "python3") }), /not trusted/);
  assert.equal((await find({ ...untrusted, isTrusted: true, chosen: inside })).python, inside);
});
