/** What the page of the summary and the extension say to each other. */
import type { ModelSummary, Place } from "../protocol";

export type ToPage =
  | { kind: "show"; found: ModelSummary; input: string[]; state: unknown }
  /** There is no answer for now: what is shown may be out of date. */
  | { kind: "late" };

export type FromPage =
  | { kind: "ready" }
  | { kind: "go"; place: Place }
  | { kind: "choose"; model?: string; input?: string[] }
  | { kind: "drawn"; rows: number; nodes: number; edges: number };
