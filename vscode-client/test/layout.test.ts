/** The picture of a flow: nothing overlaps, arrows go down, folding keeps what goes in and out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow, FlowNode } from "../src/protocol";
import { folded, layout, PLENTY } from "../src/view/layout";

function node(id: number, role: FlowNode["role"], name: string, parent: number | null = null): FlowNode {
  return { id, role, name, type: "Linear", parent, place: null, made: null, output: null, params: null, mult_adds: null };
}

/** A net of residual blocks: x → [a → b, + x] → … */
function residual(blocks: number): Flow {
  const nodes = [node(0, "input", "x")];
  const edges: Flow["edges"] = [];
  let last = 0;
  for (let i = 0; i < blocks; i++) {
    const id = nodes.length;
    nodes.push(node(id, "group", `block${i}`), node(id + 1, "layer", "a", id), node(id + 2, "layer", "b", id), node(id + 3, "operation", "+", id));
    for (const [from, to] of [[last, id + 1], [id + 1, id + 2], [id + 2, id + 3], [last, id + 3]] as const) {
      edges.push({ from, to, label: "(B, 64)" });
    }
    last = id + 3;
  }
  nodes.push(node(nodes.length, "output", "output"));
  edges.push({ from: last, to: nodes.length - 1, label: "(B, 64)" });
  return { nodes, edges };
}

test("boxes do not overlap and arrows go down", () => {
  const picture = layout(residual(3), new Set());
  assert.equal(picture.boxes.length, 11);
  assert.equal(picture.arrows.length, 13);
  for (const a of picture.boxes) {
    assert.ok(a.x >= 0 && a.x + a.width <= picture.width && a.y + a.height <= picture.height);
    for (const b of picture.boxes) {
      const isApart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      assert.ok(a === b || isApart, `${a.node.name} on ${b.node.name}`);
    }
  }
  for (const arrow of picture.arrows) {
    arrow.points.reduce((above, below) => {
      assert.ok(below.y >= above.y);
      return below;
    });
  }
});

test("an arrow around a block passes beside its boxes", () => {
  const picture = layout(residual(1), new Set());
  const skip = picture.arrows.find((arrow) => arrow.from === 0 && arrow.points.length > 2)!;
  for (const box of picture.boxes.filter((each) => each.node.role === "layer")) {
    assert.ok(skip.points.every((point) => point.y < box.y || point.y > box.y + box.height || point.x < box.x || point.x > box.x + box.width));
  }
});

test("an open group has a frame around its boxes", () => {
  const [frame] = layout(residual(1), new Set()).frames;
  assert.equal(frame?.node.name, "block0");
});

test("a folded group is one box with what goes in and comes out", () => {
  const flow = residual(2);
  const picture = layout(flow, new Set([1, 5]));
  assert.deepEqual(picture.boxes.map((box) => box.node.name), ["x", "block0", "block1", "output"]);
  assert.deepEqual(picture.arrows.map((arrow) => [arrow.from, arrow.to]), [[0, 1], [1, 5], [5, 9]]);
  assert.equal(picture.frames.length, 0);
});

test("a large net is folded at first, a small one is not", () => {
  assert.equal(folded(residual(2)).size, 0);
  const large = residual(12);
  const closed = folded(large);
  assert.equal(closed.size, 12);
  assert.ok(layout(large, closed).boxes.length <= PLENTY);
});

test("a flow of one input is drawn", () => {
  const picture = layout({ nodes: [node(0, "input", "x")], edges: [] }, new Set());
  assert.equal(picture.boxes.length, 1);
  assert.ok(Number.isFinite(picture.width) && Number.isFinite(picture.height));
});
