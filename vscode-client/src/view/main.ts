/** The page of the summary: totals, the table of the layers, and the picture of the data flow. */
import type { Count, Flow, FlowNode, Layer, ModelSummary, Place } from "../protocol";
import { BOX_HEIGHT, type Arrow, type Box, folded, type Frame, labelPlace, layout, subtitle, title } from "./layout";
import type { FromPage, ToPage } from "./messages";

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void; setState(state: unknown): void };

const editor = acquireVsCodeApi();
const main = document.getElementById("main")!;
const SVG = "http://www.w3.org/2000/svg";
const NUMBERS = new Intl.NumberFormat("en-US");

/** Groups that are folded, for each model, as the person left them. */
const folds = new Map<string, Set<number>>();
let zoom = 1;

type Child = Node | string | null;

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string>,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.append(...children.filter((child): child is Node | string => child !== null));
  return made;
}

function drawing<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number>,
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, String(value)));
  made.append(...children.filter((child): child is Node | string => child !== null));
  return made;
}

function count(value: Count): string {
  return value === null ? "?" : typeof value === "number" ? NUMBERS.format(value) : value;
}

const PREFIXES = ["", " k", " M", " G", " T", " P"];

/** Such as 4.59 G. */
function short(value: Count): string {
  if (typeof value !== "number") {
    return value ?? "?";
  }
  const step = Math.min(PREFIXES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  return step === 0 ? count(value) : `${(value / 1000 ** step).toPrecision(3)}${PREFIXES[step]}`;
}

function go(place: Place | null): void {
  if (place) {
    editor.postMessage({ kind: "go", place });
  }
}

/** What a click and the Enter key do alike. */
function activates(target: Element, run: () => void): void {
  target.addEventListener("click", run);
  target.addEventListener("keydown", (event) => {
    const { key } = event as KeyboardEvent;
    if (key === "Enter" || key === " ") {
      event.preventDefault();
      run();
    }
  });
}

function show(found: ModelSummary, input: string[]): void {
  const focused = document.activeElement?.getAttribute("data-key");
  const { scrollX, scrollY } = window;
  const summary = found.summary;
  const parts: Child[] = [header(found, input)];
  if (found.error) {
    parts.push(element("p", { class: "error", role: "status" }, found.error));
  }
  for (const problem of found.diagnostics ?? []) {
    parts.push(element("p", { class: "error", role: "status" }, `${problem.message} [${problem.code}]`));
  }
  let drawn = { rows: 0, nodes: 0, edges: 0 };
  if (summary) {
    parts.push(totals(found));
    const body = element("div", { class: "body" });
    const table = layers(found);
    body.append(element("section", { class: "layers", "aria-label": "Layers" }, table));
    drawn.rows = summary.layers.length;
    if (found.flow?.nodes.length) {
      const section = element("section", { class: "flow", "aria-label": "Data flow" });
      const sizes = flow(section, found.model ?? "", found.flow);
      drawn = { ...drawn, ...sizes };
      body.append(section);
    }
    parts.push(body);
  }
  main.replaceChildren(...parts.filter((part): part is Node => part !== null));
  window.scrollTo(scrollX, scrollY);
  if (focused) {
    main.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  editor.postMessage({ kind: "drawn", ...drawn });
}

function header(found: ModelSummary, input: string[]): HTMLElement {
  const models = [...new Set([...(found.model ? [found.model] : []), ...found.models])];
  const choice = element("select", { id: "model", "data-key": "model" });
  for (const model of models) {
    const option = element("option", { value: model }, model);
    option.selected = model === found.model;
    choice.append(option);
  }
  choice.addEventListener("change", () => editor.postMessage({ kind: "choose", model: choice.value }));
  const field = element("input", {
    id: "input",
    "data-key": "input",
    type: "text",
    spellcheck: "false",
    placeholder: "as the code calls it",
    title: "Sizes and names, such as 2,3,224,224 or B,3,H,W; i: is int64; several with a space between",
  });
  field.value = input.join(" ");
  field.addEventListener("change", () => {
    const given = field.value.trim();
    editor.postMessage({ kind: "choose", model: found.model ?? undefined, input: given ? given.split(/\s+/) : undefined });
  });
  return element(
    "header",
    {},
    element("label", { for: "model" }, "Model"),
    choice,
    element("label", { for: "input" }, "Input"),
    field,
  );
}

function totals(found: ModelSummary): HTMLElement {
  const summary = found.summary!;
  const into = summary.inputs.map((each) => each.text).join(", ") || "?";
  const facts: [string, string][] = [
    ["Shapes", `${into} → ${summary.output?.text ?? "?"}`],
    ["Parameters", count(summary.total_params)],
    ["Multiply-adds", short(summary.total_mult_adds)],
    ["Memory", typeof summary.total_bytes === "number" ? `${short(summary.total_bytes)}B` : count(summary.total_bytes)],
  ];
  if (summary.trainable_params !== summary.total_params) {
    facts.splice(2, 0, ["Trainable", count(summary.trainable_params)]);
  }
  const list = element("dl", { class: "totals" });
  for (const [name, value] of facts) {
    list.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }
  return list;
}

function layers(found: ModelSummary): HTMLElement {
  const head = element("tr", {});
  for (const [name, kind] of [
    ["Layer", ""],
    ["Output", ""],
    ["Parameters", "number"],
    ["Multiply-adds", "number"],
  ] as const) {
    head.append(element("th", { scope: "col", class: kind }, name));
  }
  const body = element("tbody", {});
  found.summary!.layers.forEach((layer, i) => {
    const depth = String(Math.min(layer.depth, 8));
    const label = element("button", { type: "button", class: `name depth${depth}`, "data-key": `layer${i}` }, layer.name || layer.type);
    label.disabled = layer.made === null;
    label.addEventListener("click", (event) => {
      event.stopPropagation();
      go(layer.made);
    });
    const kind = layer.name ? element("span", { class: "type" }, layer.type) : null;
    const row = element(
      "tr",
      { class: layer.made ? "place" : "" },
      element("th", { scope: "row" }, label, kind),
      element("td", { class: layer.output?.inferred ? "shape inferred" : "shape" }, layer.output?.text ?? ""),
      element("td", { class: "number" }, layer.recursive ? "shared" : layer.params === 0 ? "" : count(layer.params)),
      element("td", { class: "number" }, isIdle(layer) ? "" : count(layer.mult_adds)),
    );
    row.addEventListener("click", () => go(layer.made));
    body.append(row);
  });
  return element("table", {}, element("thead", {}, head), body);
}

/** Whether a layer multiplies nothing: it has nothing to multiply with, or nobody calls it (a list of layers). */
function isIdle(layer: Layer): boolean {
  return layer.mult_adds === 0 || (layer.mult_adds === null && layer.output === null);
}

/** Draw the flow into the section, anew whenever a group is folded or opened; how much there is to see. */
function flow(section: HTMLElement, model: string, data: Flow): { nodes: number; edges: number } {
  let closed = folds.get(model);
  if (!closed) {
    closed = folded(data);
    folds.set(model, closed);
  }
  const picture = layout(data, closed);
  const toggle = (node: FlowNode) => {
    const now = new Set(closed);
    if (!now.delete(node.id)) {
      now.add(node.id);
    }
    folds.set(model, now);
    redraw(`node${node.id}`);
  };
  const redraw = (key: string) => {
    flow(section, model, data);
    section.querySelector<SVGElement>(`[data-key="${key}"]`)?.focus();
  };
  const svg = drawing("svg", {
    viewBox: `0 0 ${Math.ceil(picture.width)} ${Math.ceil(picture.height)}`,
    width: Math.ceil(picture.width * zoom),
    height: Math.ceil(picture.height * zoom),
    role: "group",
    "aria-label": "Data flow: boxes are layers and operations, arrows carry shapes",
  });
  const tip = drawing("path", { d: "M0,0 L8,4 L0,8 z", class: "tip" });
  const marker = { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" };
  svg.append(drawing("defs", {}, drawing("marker", marker, tip)));
  svg.append(...picture.frames.map((frame) => framed(frame, toggle)));
  svg.append(...picture.arrows.map(arrowed), ...picture.arrows.map(labelled));
  svg.append(...picture.boxes.map((box) => boxed(box, toggle)));
  const bar = element("div", { class: "bar" });
  const groups = data.nodes.filter((node) => node.role === "group").map((node) => node.id);
  const buttons: [string, string, () => void][] = [
    ["−", "Smaller", () => (zoom = Math.max(0.3, zoom / 1.25))],
    ["+", "Larger", () => (zoom = Math.min(3, zoom * 1.25))],
    ["Fold all", "Fold all groups", () => folds.set(model, new Set(groups))],
    ["Open all", "Open all groups", () => folds.set(model, new Set())],
  ];
  for (const [text, label, run] of groups.length ? buttons : buttons.slice(0, 2)) {
    const button = element("button", { type: "button", "aria-label": label, title: label, "data-key": label }, text);
    button.addEventListener("click", () => {
      run();
      redraw(label);
    });
    bar.append(button);
  }
  section.replaceChildren(bar, element("div", { class: "canvas" }, svg));
  return { nodes: picture.boxes.length, edges: picture.arrows.length };
}

function framed(frame: Frame, toggle: (node: FlowNode) => void): SVGElement {
  const { node, x, y, width, height } = frame;
  const name = [title(node), node.type].filter((each, i, all) => each && all.indexOf(each) === i).join(" ");
  const group = drawing(
    "g",
    { class: "frame", tabindex: 0, role: "button", "aria-label": `Fold ${name}`, "data-key": `node${node.id}` },
    drawing("title", {}, `${name}: click to fold`),
    drawing("rect", { x, y, width, height, rx: 6 }),
    drawing("text", { x: x + width + 5, y: y + 12 }, `− ${name}`),
  );
  activates(group, () => toggle(node));
  return group;
}

function boxed(box: Box, toggle: (node: FlowNode) => void): SVGElement {
  const { node, x, y, width, height } = box;
  const below = subtitle(node);
  const middle = x + width / 2;
  const place = node.place ?? node.made;
  const shape = node.output ? ` → ${node.output.text}` : "";
  const label = `${title(node)} ${below}${shape}`;
  const hint = box.isFolded ? "click to open" : place ? "click to go to the line" : "";
  const group = drawing(
    "g",
    {
      class: `box ${node.role}${box.isFolded || place ? " place" : ""}`,
      tabindex: 0,
      role: box.isFolded ? "button" : "link",
      "aria-label": label,
      "data-key": `node${node.id}`,
    },
    drawing("title", {}, [label, node.params ? `${count(node.params)} parameters` : "", hint].filter(Boolean).join("\n")),
    drawing("rect", { x, y, width, height, rx: node.role === "operation" ? BOX_HEIGHT / 2 : 4 }),
    drawing("text", { x: middle, y: y + (below ? 16 : 24), class: "title" }, `${box.isFolded ? "+ " : ""}${title(node)}`),
    below ? drawing("text", { x: middle, y: y + 30, class: "subtitle" }, below) : null,
  );
  activates(group, () => (box.isFolded ? toggle(node) : go(place)));
  return group;
}

function arrowed(arrow: Arrow): SVGElement {
  const [start, ...rest] = arrow.points;
  let path = `M${start!.x},${start!.y}`;
  let before = start!;
  for (const point of rest) {
    const half = (before.y + point.y) / 2;
    path += point.x === before.x ? ` L${point.x},${point.y}` : ` C${before.x},${half} ${point.x},${half} ${point.x},${point.y}`;
    before = point;
  }
  return drawing("path", { d: path, class: "arrow", "marker-end": "url(#tip)" });
}

function labelled(arrow: Arrow): SVGElement {
  const { x, y } = labelPlace(arrow);
  return drawing("text", { x, y, class: "label" }, arrow.label);
}

window.addEventListener("message", (event: MessageEvent<ToPage>) => {
  const message = event.data;
  main.classList.toggle("late", message.kind === "late");
  if (message.kind === "show") {
    editor.setState(message.state);
    show(message.found, message.input);
  }
});
editor.postMessage({ kind: "ready" });
