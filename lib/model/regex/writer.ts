/**
 * Writes a tree of Python's `re` syntax as a `RegExp` that matches whole texts and means exactly the same.
 *
 * Everything is normalised: characters that are no ASCII letters or digits become `\u{…}`, so the `u` flag is safe
 * and a character is a code point, as in Python. An atomic group is a look-ahead with a back-reference. Case folding
 * is Unicode's simple one; Python's also equates `i` with the two Turkish letters, which no ZFS name can hold.
 * @module
 */
import { RegexError } from "./cursor.ts";
import { type Anchor, type Category, type Node, type Range, type RegexTree, someNode, widthOf } from "./syntax.ts";

const SPACES =
  "\\t-\\r\\u{1c}-\\u{20}\\u{85}\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}";
const ANYTHING = "[^]";

/** Contents of a set for each category; those in upper case are complements. */
const MEMBERS = {
  unicode: { d: "\\p{Nd}", w: "\\p{L}\\p{N}_", s: SPACES },
  ascii: { d: "0-9", w: "0-9A-Za-z_", s: "\\t-\\r " },
} as const;

/** Makes a tree into a `RegExp` that tests for a full match. */
export function writeRegex(tree: RegexTree): RegExp {
  const writer = new Writer(tree);
  return new RegExp(`^(?:${writer.write(tree.root, tree.fold)})$`, tree.fold ? "iu" : "u");
}

/** A test whether a text is one character that the node matches. */
export function characterTest(node: Extract<Node, { kind: "any" | "set" }>, fold: boolean): (text: string) => boolean {
  const source = node.kind === "any" ? (node.newline ? ANYTHING : "[^\\n]") : writeSet(node.items, node.negated);
  const regex = new RegExp(`^(?:${source})$`, fold ? "iu" : "u");
  return (text) => regex.test(text);
}

const WORDS = { unicode: /^[\p{L}\p{N}_]$/u, ascii: /^[0-9A-Za-z_]$/ } as const;

/** A test whether a text is one character of a word. */
export function wordTest(ascii: boolean): (text: string) => boolean {
  const regex = WORDS[ascii ? "ascii" : "unicode"];
  return (text) => regex.test(text);
}

class Writer {
  readonly #captures: boolean;
  #atomics = 0;

  constructor(tree: RegexTree) {
    this.#captures = someNode(tree.root, (node) => node.kind === "reference");
    if (this.#captures) refuseEmptyRounds(tree.root, "a back-reference");
  }

  /** @param fold whether letter case is ignored around the node */
  write(node: Node, fold: boolean): string {
    switch (node.kind) {
      case "any":
        return node.newline ? ANYTHING : "[^\\n]";
      case "set":
        // V8 15 compares the case of a bare set behind a group `(?-i:…)`, in spite of the flag; in a group of its own it
        // does not. To go when the runtime's V8 is known to be right.
        return fold ? `(?:${writeSet(node.items, node.negated)})` : writeSet(node.items, node.negated);
      case "anchor":
        return writeAnchor(node);
      case "reference":
        return `\\k<g${node.group}>`;
      case "sequence":
        return node.items.map((item) => this.#writeItem(item, fold)).join("");
      case "choice":
        return node.branches.map((branch) => this.write(branch, fold)).join("|");
      case "group":
        return this.#writeGroup(node, fold);
      case "look":
        return `(?${node.behind ? "<" : ""}${node.negated ? "!" : "="}${this.write(node.body, fold)})`;
      case "atomic":
        refuseEmptyRounds(node, "an atomic group");
        return this.#writeAtomic(this.write(node.body, fold));
      case "repeat":
        return this.#writeRepeat(node, fold);
    }
  }

  #writeItem(item: Node, fold: boolean): string {
    const text = this.write(item, fold);
    return item.kind === "choice" ? `(?:${text})` : text;
  }

  #writeGroup(node: Extract<Node, { kind: "group" }>, fold: boolean): string {
    const body = this.write(node.body, node.fold);
    const flags = node.fold === fold ? "" : node.fold ? "i" : "-i";
    if (node.index === undefined || !this.#captures) return `(?${flags}:${body})`;
    return flags === "" ? `(?<g${node.index}>${body})` : `(?<g${node.index}>(?${flags}:${body}))`;
  }

  #writeAtomic(body: string): string {
    const name = `atomic${++this.#atomics}`;
    return `(?:(?=(?<${name}>${body}))\\k<${name}>)`;
  }

  #writeRepeat(node: Extract<Node, { kind: "repeat" }>, fold: boolean): string {
    const body = `(?:${this.write(node.body, fold)})`;
    const text = body + writeBounds(node.min, node.max);
    if (node.mode !== "possessive") return node.mode === "lazy" ? `${text}?` : text;
    refuseEmptyRounds(node, "a possessive quantifier");
    return this.#writeAtomic(text);
  }
}

/** The engines differ in which way they take first through a repeated part that matches nothing; here it would show. */
function refuseEmptyRounds(root: Node, what: string): void {
  const isEmptyRound = (node: Node): boolean => node.kind === "repeat" && widthOf(node.body, new Map()).min === 0;
  if (someNode(root, isEmptyRound)) {
    throw new RegexError(`${what} together with a repeated part that may match nothing is not supported`);
  }
}

function writeBounds(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function writeSet(items: readonly (Category | Range)[], negated: boolean): string {
  const members = items.map(writeMember).filter((member) => member !== undefined).join("");
  const complements = items.flatMap((item) => item.kind === "category" ? complementOf(item) : []);
  if (complements.length === 0) return `[${negated ? "^" : ""}${members}]`;
  if (!negated && members === "" && complements.length === 1) return `[^${complements[0]}]`;
  const either = [...(members === "" ? [] : [`[${members}]`]), ...complements.map((set) => `[^${set}]`)].join("|");
  return negated ? `(?:(?!${either})${ANYTHING})` : `(?:${either})`;
}

/** The item as part of a set; `undefined` for a complement. */
function writeMember(item: Category | Range): string | undefined {
  if (item.kind === "range") {
    const low = writeCharacter(item.low);
    return item.low === item.high ? low : `${low}-${writeCharacter(item.high)}`;
  }
  const { letter, ascii } = item;
  if (letter === "D" || letter === "W" || letter === "S") return undefined;
  return MEMBERS[ascii ? "ascii" : "unicode"][letter];
}

function complementOf(item: Category): string[] {
  const members = MEMBERS[item.ascii ? "ascii" : "unicode"];
  if (item.letter === "D") return [members.d];
  if (item.letter === "W") return [members.w];
  return item.letter === "S" ? [members.s] : [];
}

function writeCharacter(code: number): string {
  const character = String.fromCodePoint(code);
  return /^[0-9A-Za-z]$/.test(character) ? character : `\\u{${code.toString(16)}}`;
}

function writeAnchor(anchor: Anchor): string {
  switch (anchor.at) {
    case "start":
      return `(?<!${ANYTHING})`;
    case "line-start":
      return "(?<![^\\n])";
    case "end":
      return `(?!${ANYTHING})`;
    case "line-end":
      return "(?![^\\n])";
    case "end-or-last-newline":
      return `(?=\\n?(?!${ANYTHING}))`;
    case "word-edge": {
      const word = `[${MEMBERS[anchor.ascii ? "ascii" : "unicode"].w}]`;
      return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
    }
    case "no-word-edge": {
      const word = `[${MEMBERS[anchor.ascii ? "ascii" : "unicode"].w}]`;
      // Python's \B never matches in an empty text.
      return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?:(?=${ANYTHING})|(?<=${ANYTHING})))`;
    }
  }
}
