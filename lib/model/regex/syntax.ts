/**
 * The tree of a regular expression, and what can be said about a tree without running it.
 *
 * Flags are resolved while reading: a node says itself whether it sees newlines, lines or ASCII only.
 * Read by `reader.ts`, made into a `RegExp` by `writer.ts`, run by `automaton.ts`.
 * @module
 */

/** Named sets of characters: `\d`, `\w`, `\s`; upper case is the complement. */
export interface Category {
  readonly kind: "category";
  readonly letter: "d" | "D" | "w" | "W" | "s" | "S";
  readonly ascii: boolean;
}

/** Characters from one code point to another, both included. */
export interface Range {
  readonly kind: "range";
  readonly low: number;
  readonly high: number;
}

/** Where a pattern may look without consuming. */
export type Anchor =
  | { readonly kind: "anchor"; readonly at: "start" | "line-start" | "end" | "end-or-last-newline" | "line-end" }
  | { readonly kind: "anchor"; readonly at: "word-edge" | "no-word-edge"; readonly ascii: boolean };

/** A part of a regular expression. */
export type Node =
  | { readonly kind: "any"; readonly newline: boolean }
  | { readonly kind: "set"; readonly negated: boolean; readonly items: readonly (Category | Range)[] }
  | Anchor
  | Repeat
  | {
    readonly kind: "group";
    /** Number of a capturing group. */
    readonly index: number | undefined;
    /** Whether letter case is ignored inside. */
    readonly fold: boolean;
    readonly body: Node;
  }
  | { readonly kind: "atomic"; readonly body: Node }
  | { readonly kind: "look"; readonly behind: boolean; readonly negated: boolean; readonly body: Node }
  | { readonly kind: "reference"; readonly group: number }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly branches: readonly Node[] };

/** A repeated part. */
export interface Repeat {
  readonly kind: "repeat";
  readonly body: Node;
  readonly min: number;
  /** May be `Infinity`. */
  readonly max: number;
  readonly mode: "greedy" | "lazy" | "possessive";
}

/** A whole expression. */
export interface RegexTree {
  readonly root: Node;
  /** Whether letter case is ignored, unless a group says otherwise. */
  readonly fold: boolean;
}

/** The parts of a node, outermost only. */
function childrenOf(node: Node): readonly Node[] {
  if (node.kind === "sequence") return node.items;
  if (node.kind === "choice") return node.branches;
  return "body" in node ? [node.body] : [];
}

/** True if `test` holds for the node or a part of it. */
export function someNode(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || childrenOf(node).some((child) => someNode(child, test));
}

/** Fewest and most characters that a node can match; `groups` are the bodies of the groups read so far. */
export function widthOf(node: Node, groups: ReadonlyMap<number, Node>): { readonly min: number; readonly max: number } {
  switch (node.kind) {
    case "any":
    case "set":
      return { min: 1, max: 1 };
    case "anchor":
    case "look":
      return { min: 0, max: 0 };
    case "group":
    case "atomic":
      return widthOf(node.body, groups);
    case "reference": {
      const body = groups.get(node.group);
      return body === undefined ? { min: 0, max: Infinity } : widthOf(body, groups);
    }
    case "repeat": {
      const { min, max } = widthOf(node.body, groups);
      return { min: min * node.min, max: max === 0 || node.max === 0 ? 0 : max * node.max };
    }
    case "sequence": {
      const widths = node.items.map((item) => widthOf(item, groups));
      return { min: sum(widths.map((w) => w.min)), max: sum(widths.map((w) => w.max)) };
    }
    case "choice": {
      const widths = node.branches.map((branch) => widthOf(branch, groups));
      return { min: Math.min(...widths.map((w) => w.min)), max: Math.max(...widths.map((w) => w.max)) };
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
