/**
 * Runs a tree of Python's `re` syntax in time that grows with the length of the text, not exponentially.
 *
 * The engine of `RegExp` tries one way after the other and may never come back from patterns such as `(a+)+b`; here all
 * ways advance together. It is slower for harmless patterns, so only those that may run away are given to it. It knows
 * no look-around, back-references or atomic groups. After Thompson's construction.
 * @module
 */
import { type Anchor, type Node, type RegexTree, type Repeat, someNode } from "./syntax.ts";
import { characterTest, wordTest } from "./writer.ts";

/** A pattern as a function: true for texts that it matches as a whole. */
export type FullMatch = (text: string) => boolean;

type State =
  | { readonly kind: "character"; readonly test: FullMatch; readonly next: number }
  | { readonly kind: "anchor"; readonly anchor: Anchor; readonly next: number }
  | { readonly kind: "split"; readonly targets: number[] }
  | { readonly kind: "match" };

/** More states than this are not worth it. */
const MOST_STATES = 20_000;

/** True if `RegExp` may need time that is exponential, or a high power, in the length of the text. */
export function mayRunAway({ root }: RegexTree): boolean {
  return countOpenRepeats(root) > 3 || someNode(root, (node) =>
    node.kind === "repeat" && node.max > 1 &&
    someNode(node.body, (inner) => inner.kind === "choice" || (inner.kind === "repeat" && inner.min !== inner.max)));
}

function countOpenRepeats(root: Node): number {
  let count = 0;
  someNode(root, (node) => {
    if (node.kind === "repeat" && node.max === Infinity) count++;
    return false;
  });
  return count;
}

/**
 * Makes the automaton of a tree; `undefined` if the tree holds what automata cannot do, or would need too many states.
 */
export function makeAutomaton(tree: RegexTree): FullMatch | undefined {
  const isImpossible = someNode(
    tree.root,
    (node) =>
      node.kind === "look" || node.kind === "reference" || node.kind === "atomic" ||
      (node.kind === "repeat" && node.mode === "possessive"),
  );
  if (isImpossible) return undefined;
  const builder = new Builder();
  const start = builder.add(tree.root, tree.fold, builder.end);
  if (builder.states.length > MOST_STATES) return undefined;
  const { states } = builder;
  if (states.some(({ kind }) => kind === "anchor")) return (text) => run(states, start, Array.from(text));
  const cached = new CachedRun(states, start);
  return (text) => cached.matches(text);
}

class Builder {
  readonly states: State[] = [{ kind: "match" }];
  readonly end = 0;
  readonly #tests = new Map<string, FullMatch>();

  /** Adds a node that goes on to state `next`; returns its first state. */
  add(node: Node, fold: boolean, next: number): number {
    if (this.states.length > MOST_STATES) return next;
    switch (node.kind) {
      case "any":
      case "set":
        return this.#push({ kind: "character", test: this.#test(node, fold), next });
      case "anchor":
        return this.#push({ kind: "anchor", anchor: node, next });
      case "group":
        return this.add(node.body, node.fold, next);
      case "sequence":
        return node.items.reduceRight((state, item) => this.add(item, fold, state), next);
      case "choice":
        return this.#push({ kind: "split", targets: node.branches.map((branch) => this.add(branch, fold, next)) });
      case "repeat":
        return this.#addRepeat(node, fold, next);
      case "look":
      case "reference":
      case "atomic":
        throw new TypeError(`An automaton cannot hold a ${node.kind}`);
    }
  }

  #addRepeat(node: Repeat, fold: boolean, next: number): number {
    let state = next;
    if (node.max === Infinity) {
      const targets = [next];
      state = this.#push({ kind: "split", targets });
      targets.push(this.add(node.body, fold, state));
    } else {
      for (let i = node.min; i < node.max && this.states.length <= MOST_STATES; i++) {
        state = this.#push({ kind: "split", targets: [this.add(node.body, fold, state), next] });
      }
    }
    for (let i = 0; i < node.min && this.states.length <= MOST_STATES; i++) state = this.add(node.body, fold, state);
    return state;
  }

  #test(node: Extract<Node, { kind: "any" | "set" }>, fold: boolean): FullMatch {
    const key = `${fold} ${JSON.stringify(node)}`;
    const known = this.#tests.get(key);
    if (known !== undefined) return known;
    const test = characterTest(node, fold);
    this.#tests.set(key, test);
    return test;
  }

  #push(state: State): number {
    return this.states.push(state) - 1;
  }
}

function run(states: readonly State[], start: number, characters: readonly string[]): boolean {
  let current = closure(states, [start], { characters, position: 0 });
  for (const [position, character] of characters.entries()) {
    const reached = step(states, current, character);
    if (reached.length === 0) return false;
    current = closure(states, reached, { characters, position: position + 1 });
  }
  return current.has(0);
}

/** A set of states that a text can lead to, and where each next character leads. */
interface Situation {
  readonly states: ReadonlySet<number>;
  readonly next: Map<string, Situation | undefined>;
}

/** More situations than this are forgotten, and begun anew. */
const MOST_SITUATIONS = 1000;

/** Remembers where characters lead. Only for automata without anchors, which depend on the place. */
class CachedRun {
  readonly #states: readonly State[];
  readonly #start: number;
  readonly #known = new Map<string, Situation>();

  constructor(states: readonly State[], start: number) {
    this.#states = states;
    this.#start = start;
  }

  matches(text: string): boolean {
    let situation: Situation | undefined = this.#situation([this.#start]);
    for (const character of text) {
      let next: Situation | undefined = situation.next.get(character);
      if (next === undefined && !situation.next.has(character)) {
        next = this.#follow(situation, character);
        situation.next.set(character, next);
      }
      if (next === undefined) return false;
      situation = next;
    }
    return situation.states.has(0);
  }

  #follow(situation: Situation, character: string): Situation | undefined {
    const reached = step(this.#states, situation.states, character);
    return reached.length === 0 ? undefined : this.#situation(reached);
  }

  #situation(from: readonly number[]): Situation {
    const states = closure(this.#states, from, { characters: [], position: 0 });
    const key = [...states].sort((a, b) => a - b).join(" ");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_SITUATIONS) this.#known.clear();
    const situation: Situation = { states, next: new Map() };
    this.#known.set(key, situation);
    return situation;
  }
}

/** Where a character leads from a set of states. */
function step(states: readonly State[], from: ReadonlySet<number>, character: string): number[] {
  const verdicts = new Map<FullMatch, boolean>();
  const reached: number[] = [];
  for (const index of from) {
    const state = states[index]!;
    if (state.kind !== "character") continue;
    const verdict = verdicts.get(state.test) ?? state.test(character);
    verdicts.set(state.test, verdict);
    if (verdict) reached.push(state.next);
  }
  return reached;
}

interface Place {
  readonly characters: readonly string[];
  readonly position: number;
}

/** The states that can be reached without taking a character. */
function closure(states: readonly State[], from: readonly number[], place: Place): ReadonlySet<number> {
  const reached = new Set<number>();
  const waiting = [...from];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const state = states[index]!;
    if (state.kind === "split") waiting.push(...state.targets);
    if (state.kind === "anchor" && holds(state.anchor, place)) waiting.push(state.next);
  }
  return reached;
}

function holds(anchor: Anchor, { characters, position }: Place): boolean {
  const end = characters.length;
  switch (anchor.at) {
    case "start":
      return position === 0;
    case "line-start":
      return position === 0 || characters[position - 1] === "\n";
    case "end":
      return position === end;
    case "line-end":
      return position === end || characters[position] === "\n";
    case "end-or-last-newline":
      return position === end || (position === end - 1 && characters[position] === "\n");
    case "word-edge":
    case "no-word-edge": {
      const isWord = wordTest(anchor.ascii);
      const [before, after] = [position - 1, position].map((i) => isWord(characters[i] ?? ""));
      return anchor.at === "word-edge" ? before !== after : before === after && end > 0;
    }
  }
}
