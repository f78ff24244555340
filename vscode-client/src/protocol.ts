/** What the server says beyond the Language Server Protocol; docs/protocol.md describes it. */
import type { Range } from "vscode-languageclient/node";

export interface Place {
  file: string;
  line: number;
  column: number;
  uri: string;
  /** In the editor's units; only for files that are open. */
  range?: Range;
}

export interface Tensor {
  text: string;
  dtype: string;
  inferred: boolean;
}

/** A number, a text where symbolic, null where not known. */
export type Count = number | string | null;

export interface Layer {
  name: string;
  type: string;
  depth: number;
  output: Tensor | null;
  params: Count;
  mult_adds: Count;
  recursive: boolean;
  made: Place | null;
}

export interface FlowNode {
  id: number;
  role: "input" | "layer" | "group" | "operation" | "output";
  name: string;
  type: string;
  parent: number | null;
  place: Place | null;
  made: Place | null;
  output: Tensor | null;
  params: Count;
  mult_adds: Count;
}

export interface FlowEdge {
  from: number;
  to: number;
  label: string;
}

export interface Flow {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

/** The answer to `shapelens.summary`. */
export interface ModelSummary {
  uri: string;
  model: string | null;
  models: string[];
  error: string;
  summary?: {
    inputs: Tensor[];
    output: Tensor | null;
    layers: Layer[];
    total_params: Count;
    trainable_params: Count;
    total_mult_adds: Count;
    total_bytes: Count;
    text: string;
  };
  flow?: Flow;
  diagnostics?: { code: string; message: string }[];
}

/** `shapelens/status`. */
export interface Status {
  uri: string;
  text: string;
  known: number;
  total: number;
  needs: number;
}

/** The answer to `shapelens.chooseContext` with `list`. */
export interface Contexts {
  function: string | null;
  chosen: number | null;
  contexts: { id: number; title: string; uri?: string; range?: Range; place?: Place }[];
}
