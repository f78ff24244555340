/**
 * Where the boxes of a data flow stand: top down in rows, an arrow never going up.
 *
 * Sugiyama's method: rows by the longest way from the inputs, a place kept in each row that an arrow passes, the order in a
 * row by the mean of the neighbours, then positions that pull neighbours together without overlap.
 */
import type { Flow, FlowEdge, FlowNode } from "../protocol";

export interface Box {
  node: FlowNode;
  /** A group that is shown as one box. */
  isFolded: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Arrow {
  from: number;
  to: number;
  label: string;
  points: { x: number; y: number }[];
}

/** The outline around the boxes of a group that is open. */
export interface Frame {
  node: FlowNode;
  depth: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Picture {
  boxes: Box[];
  arrows: Arrow[];
  frames: Frame[];
  width: number;
  height: number;
}

export const BOX_HEIGHT = 38;
const GAP_X = 26;
const GAP_Y = 46;
const PASSING = 14;
const CHARACTER = 7;
const LABEL_CHARACTER = 6.4;
const MARGIN = 16;
const SWEEPS = 8;
/** As many boxes are shown at first; beyond that, groups are folded. */
export const PLENTY = 30;

interface Item {
  box?: Box;
  width: number;
  row: number;
  x: number;
  above: Item[];
  below: Item[];
}

/** The groups to fold at first: the outermost ones that keep the picture small; where that is not enough, all of them. */
export function folded(flow: Flow): Set<number> {
  const groups = flow.nodes.filter((node) => node.role === "group");
  const depths = new Map(groups.map((node) => [node.id, ancestors(flow, node).length]));
  for (let depth = Math.max(0, ...depths.values()) + 1; depth > 0; depth--) {
    const closed = new Set(groups.filter((node) => depths.get(node.id)! >= depth).map((node) => node.id));
    if (visible(flow, closed).length <= PLENTY) {
      return closed;
    }
  }
  return new Set(groups.map((node) => node.id));
}

function byId(flow: Flow): Map<number, FlowNode> {
  return new Map(flow.nodes.map((node) => [node.id, node]));
}

/** The groups around a node, the outermost first. */
export function ancestors(flow: Flow, node: FlowNode, known = byId(flow)): FlowNode[] {
  const found: FlowNode[] = [];
  for (let parent = node.parent; parent !== null; ) {
    const group = known.get(parent);
    if (!group || found.includes(group)) {
      break;
    }
    found.unshift(group);
    parent = group.parent;
  }
  return found;
}

/** What stands for a node while some groups are folded: itself, or the outermost folded group around it. */
function shownAs(flow: Flow, node: FlowNode, closed: ReadonlySet<number>, known: Map<number, FlowNode>): FlowNode {
  return ancestors(flow, node, known).find((group) => closed.has(group.id)) ?? node;
}

/** The boxes: nodes that are in no folded group, and the folded groups. Open groups are frames, unless an arrow ends at them. */
function visible(flow: Flow, closed: ReadonlySet<number>): FlowNode[] {
  const known = byId(flow);
  const ends = new Set(flow.edges.flatMap((edge) => [edge.from, edge.to]));
  return flow.nodes.filter(
    (node) =>
      shownAs(flow, node, closed, known) === node && (node.role !== "group" || closed.has(node.id) || ends.has(node.id)),
  );
}

/** The picture of a flow with these groups folded. */
export function layout(flow: Flow, closed: ReadonlySet<number>): Picture {
  const known = byId(flow);
  const nodes = visible(flow, closed);
  const order = new Map(nodes.map((node, i) => [node.id, i]));
  const edges = new Map<string, FlowEdge>();
  for (const edge of flow.edges) {
    const from = known.get(edge.from);
    const to = known.get(edge.to);
    if (!from || !to) {
      continue;
    }
    const a = shownAs(flow, from, closed, known).id;
    const b = shownAs(flow, to, closed, known).id;
    // Nodes stand in the order of the run; a group that is entered twice would make a circle.
    if (a !== b && order.has(a) && order.has(b)) {
      const [first, second] = order.get(a)! < order.get(b)! ? [a, b] : [b, a];
      edges.set(`${first} ${second} ${edge.label}`, { from: first, to: second, label: edge.label });
    }
  }
  const drawn = [...edges.values()].sort((a, b) => order.get(a.from)! - order.get(b.from)!);
  const rows = rowsOf(nodes, drawn, order);
  const items = new Map<number, Item>();
  const grid: Item[][] = [];
  for (const node of nodes) {
    const width = Math.max(72, 22 + CHARACTER * Math.max(title(node).length, subtitle(node).length));
    const box: Box = { node, isFolded: closed.has(node.id), x: 0, y: 0, width, height: BOX_HEIGHT };
    const item: Item = { box, width, row: rows.get(node.id)!, x: 0, above: [], below: [] };
    items.set(node.id, item);
    (grid[item.row] ??= []).push(item);
  }
  const ways = drawn.map((edge) => {
    const start = items.get(edge.from)!;
    const end = items.get(edge.to)!;
    const way = [start];
    for (let row = start.row + 1; row < end.row; row++) {
      const item: Item = { width: PASSING, row, x: 0, above: [], below: [] };
      grid[row]!.push(item);
      way.push(item);
    }
    way.push(end);
    for (let i = 1; i < way.length; i++) {
      way[i - 1]!.below.push(way[i]!);
      way[i]!.above.push(way[i - 1]!);
    }
    // Two labels side by side need room.
    start.width = Math.max(start.width, LABEL_CHARACTER * edge.label.length * 0.8);
    return { edge, way };
  });
  arrange(grid);
  return drawnPicture(flow, known, grid, ways);
}

/** The row of each node: one below the lowest of what goes into it. */
function rowsOf(nodes: FlowNode[], edges: FlowEdge[], order: Map<number, number>): Map<number, number> {
  const rows = new Map(nodes.map((node) => [node.id, 0]));
  const into = new Map<number, number[]>();
  const outOf = new Map<number, number[]>();
  for (const edge of edges) {
    into.set(edge.to, [...(into.get(edge.to) ?? []), edge.from]);
    outOf.set(edge.from, [...(outOf.get(edge.from) ?? []), edge.to]);
  }
  const sorted = [...nodes].sort((a, b) => order.get(a.id)! - order.get(b.id)!);
  for (const node of sorted) {
    rows.set(node.id, Math.max(0, ...(into.get(node.id) ?? []).map((each) => rows.get(each)! + 1)));
  }
  // What has nothing above it (a constant, a parameter) stands right above what it is used for.
  for (const node of sorted) {
    const uses = outOf.get(node.id);
    if (node.role !== "input" && uses && !into.has(node.id)) {
      rows.set(node.id, Math.max(0, Math.min(...uses.map((each) => rows.get(each)!)) - 1));
    }
  }
  return rows;
}

function mean(items: Item[], fallback: number): number {
  return items.length ? items.reduce((sum, item) => sum + item.x, 0) / items.length : fallback;
}

function arrange(grid: Item[][]): void {
  for (const row of grid) {
    spread(row, (_, i) => i * 100);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 ? [...grid].reverse() : grid) {
      const wanted = new Map(row.map((item) => [item, mean(sweep % 2 ? item.below : item.above, item.x)]));
      row.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
      spread(row, (item) => wanted.get(item)!);
    }
  }
  for (const row of grid) {
    const wanted = new Map(row.map((item) => [item, mean([...item.above, ...item.below], item.x)]));
    spread(row, (item) => wanted.get(item)!);
  }
}

/** Put a row's items near where they want to be, in their order and without overlap: neighbours that collide share the way. */
function spread(row: Item[], wanted: (item: Item, i: number) => number): void {
  const blocks: { items: Item[]; offsets: number[]; centre: number; width: number }[] = [];
  row.forEach((item, i) => {
    let block = { items: [item], offsets: [0], centre: wanted(item, i), width: item.width + GAP_X };
    for (let last = blocks.at(-1); last && last.centre + last.width / 2 > block.centre - block.width / 2; last = blocks.at(-1)) {
      blocks.pop();
      const [n, m] = [last.items.length, block.items.length];
      const width = last.width + block.width;
      const centreLast = -width / 2 + last.width / 2;
      const centreBlock = width / 2 - block.width / 2;
      block = {
        items: [...last.items, ...block.items],
        offsets: [...last.offsets.map((each) => each + centreLast), ...block.offsets.map((each) => each + centreBlock)],
        centre: ((last.centre - centreLast) * n + (block.centre - centreBlock) * m) / (n + m),
        width,
      };
    }
    blocks.push(block);
  });
  for (const block of blocks) {
    block.items.forEach((item, i) => {
      item.x = block.centre + block.offsets[i]!;
    });
  }
}

function drawnPicture(flow: Flow, known: Map<number, FlowNode>, grid: Item[][], ways: { edge: FlowEdge; way: Item[] }[]): Picture {
  const all = grid.flat();
  const left = Math.min(...all.map((item) => item.x - item.width / 2)) - MARGIN;
  const middle = (item: Item) => item.x - left;
  const top = (row: number) => MARGIN + row * (BOX_HEIGHT + GAP_Y);
  const boxes: Box[] = [];
  for (const item of all) {
    if (item.box) {
      item.box.x = middle(item) - item.box.width / 2;
      item.box.y = top(item.row);
      boxes.push(item.box);
    }
  }
  const arrows = ways.map(({ edge, way }) => ({
    ...edge,
    points: way.flatMap((item, i) => {
      const x = middle(item);
      if (i === 0) {
        return [{ x, y: top(item.row) + BOX_HEIGHT }];
      }
      return i === way.length - 1
        ? [{ x, y: top(item.row) }]
        : [
            { x, y: top(item.row) },
            { x, y: top(item.row) + BOX_HEIGHT },
          ];
    }),
  }));
  const frames: Frame[] = [];
  for (const node of flow.nodes.filter((each) => each.role === "group")) {
    const inside = boxes.filter((box) => box.node !== node && ancestors(flow, box.node, known).includes(node));
    if (inside.length) {
      const depth = ancestors(flow, node, known).length;
      const pad = Math.max(4, 12 - 3 * depth);
      const x = Math.min(...inside.map((box) => box.x)) - pad;
      const y = Math.min(...inside.map((box) => box.y)) - pad;
      const right = Math.max(...inside.map((box) => box.x + box.width)) + pad;
      const bottom = Math.max(...inside.map((box) => box.y + box.height)) + pad;
      frames.push({ node, depth, x, y, width: right - x, height: bottom - y });
    }
  }
  const labels = arrows.map((arrow) => labelPlace(arrow).x + LABEL_CHARACTER * arrow.label.length);
  const width = Math.max(...all.map((item) => middle(item) + item.width / 2), ...labels) + MARGIN;
  return { boxes, arrows, frames: frames.sort((a, b) => a.depth - b.depth), width, height: top(grid.length) - GAP_Y + 2 * MARGIN };
}

/** Where the shape of an arrow is written: right of its beginning. */
export function labelPlace(arrow: Arrow): { x: number; y: number } {
  const [first, second] = arrow.points as [{ x: number; y: number }, { x: number; y: number }];
  return { x: (first.x + second.x) / 2 + 6, y: (first.y + second.y) / 2 + 4 };
}

/** What stands in a box: the name, and the class below it. */
export function title(node: FlowNode): string {
  return node.name || node.type || node.role;
}

export function subtitle(node: FlowNode): string {
  return node.role === "layer" || node.role === "group" ? node.type : "";
}
