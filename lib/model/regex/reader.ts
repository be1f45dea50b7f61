/**
 * Reads Python's `re` syntax (3.11, text patterns) into a tree.
 *
 * Everything that Python rejects is rejected here; what Python accepts and `RegExp` cannot say exactly (conditionals,
 * `\N{…}` names, a back-reference whose group may not have taken part) is refused by name, never approximated.
 * Sources: docs/spec/cli.md §17.
 * @module
 */
import { Cursor, type Flags, RegexError } from "./cursor.ts";
import { literal, readCharacterSet, readEscape } from "./escapes.ts";
import { type Node, type RegexTree, widthOf } from "./syntax.ts";

const NO_FLAGS: Flags = { ascii: false, fold: false, multiline: false, dotAll: false, verbose: false };

const FLAG_NAMES: Readonly<Record<string, keyof Flags>> = {
  a: "ascii",
  i: "fold",
  m: "multiline",
  s: "dotAll",
  x: "verbose",
};

/** What has been learned about groups so far. */
interface GroupState {
  count: number;
  readonly names: Map<string, number>;
  readonly bodies: Map<number, Node>;
  /** Number of groups when the enclosing look-behind began. */
  lookBehindFrom: number | undefined;
  global: Flags;
}

/**
 * Reads a pattern.
 *
 * @throws {RegexError} if Python rejects it or it holds a construct without equivalent
 */
export function readRegex(text: string): RegexTree {
  return new PatternReader(text).read();
}

class PatternReader {
  readonly #cursor: Cursor;
  readonly #groups: GroupState = {
    count: 0,
    names: new Map(),
    bodies: new Map(),
    lookBehindFrom: undefined,
    global: NO_FLAGS,
  };
  /** Groups that have certainly taken part when the reader's place is reached. */
  #certain: ReadonlySet<number> = new Set();

  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  read(): RegexTree {
    const root = this.#readChoice(NO_FLAGS, 0);
    if (this.#cursor.peek() !== "") throw new RegexError("unbalanced parenthesis");
    return { root, fold: this.#groups.global.fold };
  }

  #readChoice(flags: Flags, depth: number): Node {
    if (depth > 200) throw new RegexError("groups are nested too deeply");
    const before = this.#certain;
    const branches: Node[] = [];
    let afterAll: ReadonlySet<number> | undefined;
    let current = flags;
    do {
      this.#certain = before;
      branches.push(this.#readSequence(current, depth, branches.length === 0));
      if (depth === 0) current = this.#groups.global;
      afterAll = afterAll === undefined ? this.#certain : intersection(afterAll, this.#certain);
    } while (this.#cursor.take("|"));
    this.#certain = afterAll;
    return branches.length === 1 ? branches[0]! : { kind: "choice", branches };
  }

  #readSequence(outer: Flags, depth: number, firstBranch: boolean): Node {
    const items: Node[] = [];
    let flags = outer;
    let certainBeforeLast = this.#certain;
    for (;;) {
      const character = this.#cursor.peek();
      if (character === "" || character === "|" || character === ")") break;
      this.#cursor.next();
      if (flags.verbose && this.#skipVerbose(character)) continue;
      const repeat = this.#readRepeat(character);
      if (repeat !== undefined) {
        const last = items.pop();
        if (last === undefined || last.kind === "anchor") throw new RegexError("nothing to repeat");
        if (last.kind === "repeat") throw new RegexError("multiple repeat");
        if (repeat.min === 0) this.#certain = certainBeforeLast;
        items.push({ kind: "repeat", body: last, ...repeat });
        continue;
      }
      const certain = this.#certain;
      const result = character === "("
        ? this.#readGroup(flags, depth, depth === 0 && firstBranch && items.length === 0)
        : this.#readAtom(character, flags);
      if (result === "global-flags") flags = this.#groups.global;
      if (typeof result === "string") continue;
      certainBeforeLast = certain;
      items.push(result);
    }
    return items.length === 1 ? items[0]! : { kind: "sequence", items };
  }

  #skipVerbose(character: string): boolean {
    if (" \t\n\r\v\f".includes(character)) return true;
    if (character !== "#") return false;
    while (this.#cursor.peek() !== "" && this.#cursor.next() !== "\n");
    return true;
  }

  #readRepeat(character: string): { min: number; max: number; mode: "greedy" | "lazy" | "possessive" } | undefined {
    const bounds = this.#readBounds(character);
    if (bounds === undefined) return undefined;
    if (this.#cursor.take("?")) return { ...bounds, mode: "lazy" };
    return { ...bounds, mode: this.#cursor.take("+") ? "possessive" : "greedy" };
  }

  #readBounds(character: string): { min: number; max: number } | undefined {
    if (character === "*") return { min: 0, max: Infinity };
    if (character === "+") return { min: 1, max: Infinity };
    if (character === "?") return { min: 0, max: 1 };
    if (character !== "{" || this.#cursor.peek() === "}") return undefined;
    const start = this.#cursor.position;
    const low = this.#cursor.takeWhile("0123456789");
    const high = this.#cursor.take(",") ? this.#cursor.takeWhile("0123456789") : low;
    if (!this.#cursor.take("}")) {
      this.#cursor.position = start;
      return undefined;
    }
    const min = low === "" ? 0 : Number(low);
    const max = high === "" ? Infinity : Number(high);
    if (min >= 2 ** 32 - 1 || (max !== Infinity && max >= 2 ** 32 - 1)) {
      throw new RegexError("the repetition number is too large");
    }
    if (min > max) throw new RegexError("min repeat greater than max repeat");
    return { min, max };
  }

  #readAtom(character: string, flags: Flags): Node {
    switch (character) {
      case ".":
        return { kind: "any", newline: flags.dotAll };
      case "^":
        return { kind: "anchor", at: flags.multiline ? "line-start" : "start" };
      case "$":
        return { kind: "anchor", at: flags.multiline ? "line-end" : "end-or-last-newline" };
      case "[":
        return readCharacterSet(this.#cursor, flags);
      case "\\": {
        const escape = readEscape(this.#cursor, flags);
        return escape.kind === "reference" ? this.#reference(escape.group, `${escape.group}`) : escape;
      }
      default:
        return literal(character.codePointAt(0)!);
    }
  }

  #reference(group: number, name: string): Node {
    if (group > this.#groups.count) throw new RegexError(`invalid group reference ${name}`);
    if (!this.#groups.bodies.has(group)) throw new RegexError("cannot refer to an open group");
    if (this.#groups.lookBehindFrom !== undefined) {
      if (group > this.#groups.lookBehindFrom) {
        throw new RegexError("cannot refer to group defined in the same lookbehind subpattern");
      }
      throw new RegexError("a back-reference within a look-behind is not supported");
    }
    if (!this.#certain.has(group)) {
      throw new RegexError(`a back-reference to group ${name}, which may not have taken part, is not supported`);
    }
    return { kind: "reference", group };
  }

  /** Reads what follows `(`. A comment yields no node. */
  #readGroup(flags: Flags, depth: number, atStart: boolean): Node | "comment" | "global-flags" {
    const cursor = this.#cursor;
    if (!cursor.take("?")) return this.#readCapture(undefined, flags, depth);
    const character = cursor.next();
    switch (character) {
      case "":
        throw new RegexError("unexpected end of pattern");
      case "P":
        return this.#readNamed(flags, depth);
      case ":":
        return this.#close({
          kind: "group",
          index: undefined,
          fold: flags.fold,
          body: this.#readChoice(flags, depth + 1),
        });
      case "#":
        while (cursor.peek() !== ")") if (cursor.next() === "") throw new RegexError("missing ), unterminated comment");
        cursor.next();
        return "comment";
      case "=":
      case "!":
        return this.#readLook(flags, depth, { behind: false, negated: character === "!" });
      case "<": {
        const mark = cursor.next();
        if (mark !== "=" && mark !== "!") throw new RegexError(`unknown extension ?<${mark}`);
        return this.#readLook(flags, depth, { behind: true, negated: mark === "!" });
      }
      case "(":
        throw new RegexError("a conditional, (?(…)…|…), is not supported");
      case ">": {
        if (this.#groups.lookBehindFrom !== undefined) {
          throw new RegexError("an atomic group, (?>…), within a look-behind is not supported");
        }
        return this.#close({ kind: "atomic", body: this.#readChoice(flags, depth + 1) });
      }
      default:
        cursor.position--;
        return this.#readFlags(flags, depth, atStart);
    }
  }

  #readNamed(flags: Flags, depth: number): Node {
    const cursor = this.#cursor;
    if (cursor.take("<")) return this.#readCapture(checkName(cursor.takeUntil(">", "group name")), flags, depth);
    if (!cursor.take("=")) throw new RegexError(`unknown extension ?P${cursor.next()}`);
    const name = checkName(cursor.takeUntil(")", "group name"));
    const group = this.#groups.names.get(name);
    if (group === undefined) throw new RegexError(`unknown group name '${name}'`);
    return this.#reference(group, `'${name}'`);
  }

  #readCapture(name: string | undefined, flags: Flags, depth: number): Node {
    const index = ++this.#groups.count;
    if (name !== undefined) {
      if (this.#groups.names.has(name)) throw new RegexError(`redefinition of group name '${name}'`);
      this.#groups.names.set(name, index);
    }
    const body = this.#readChoice(flags, depth + 1);
    this.#groups.bodies.set(index, body);
    this.#certain = new Set([...this.#certain, index]);
    return this.#close({ kind: "group", index, fold: flags.fold, body });
  }

  #readLook(flags: Flags, depth: number, look: { readonly behind: boolean; readonly negated: boolean }): Node {
    const outer = this.#groups.lookBehindFrom;
    const certain = this.#certain;
    if (look.behind && outer === undefined) this.#groups.lookBehindFrom = this.#groups.count;
    const body = this.#readChoice(flags, depth + 1);
    this.#groups.lookBehindFrom = outer;
    if (look.negated) this.#certain = certain;
    if (look.behind) {
      const width = widthOf(body, this.#groups.bodies);
      if (width.min !== width.max) throw new RegexError("look-behind requires fixed-width pattern");
    }
    return this.#close({ kind: "look", ...look, body });
  }

  /** Reads `aimsux-imsx:…)` or `aimsux)`. */
  #readFlags(flags: Flags, depth: number, atStart: boolean): Node | "global-flags" {
    const added = this.#flagLetters("on");
    const end = this.#cursor.next();
    if (end === ")") {
      if (!atStart) throw new RegexError("global flags not at the start of the expression");
      this.#groups.global = checkFlags({ ...this.#groups.global, ...added });
      return "global-flags";
    }
    const removed = end === "-" ? this.#flagLetters("off") : {};
    if (end === "-" ? this.#cursor.next() !== ":" || Object.keys(removed).length === 0 : end !== ":") {
      throw new RegexError(end === "" ? "missing -, : or )" : "unknown flag or missing :");
    }
    for (const name of Object.keys(removed)) {
      if (name in added) throw new RegexError("bad inline flags: flag turned on and off");
    }
    const inner = checkFlags({ ...flags, ...added, ...removed });
    return this.#close({ kind: "group", index: undefined, fold: inner.fold, body: this.#readChoice(inner, depth + 1) });
  }

  #flagLetters(turn: "on" | "off"): Partial<Flags> {
    const result: Partial<Record<keyof Flags, boolean>> = {};
    const letters = this.#cursor.takeWhile("aiLmsux");
    if (letters.includes("L")) throw new RegexError("bad inline flags: cannot use 'L' flag with a str pattern");
    if (turn === "off" && /[au]/.test(letters)) {
      throw new RegexError("bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
    }
    if (letters.includes("a") && letters.includes("u")) {
      throw new RegexError("bad inline flags: flags 'a', 'u' and 'L' are incompatible");
    }
    if (letters === "" && this.#cursor.peek() !== "-") {
      throw new RegexError(`unknown extension ?${this.#cursor.peek()}`);
    }
    for (const letter of letters) {
      const name = FLAG_NAMES[letter];
      if (name !== undefined) result[name] = turn === "on";
      else result.ascii = false;
    }
    return result;
  }

  #close(node: Node): Node {
    if (!this.#cursor.take(")")) throw new RegexError("missing ), unterminated subpattern");
    return node;
  }
}

function checkFlags(flags: Flags): Flags {
  if (flags.ascii && flags.fold) throw new RegexError("the flags a and i together are not supported");
  return flags;
}

function checkName(name: string): string {
  if (!/^[\p{XID_Start}_][\p{XID_Continue}]*$/u.test(name)) {
    throw new RegexError(`bad character in group name '${name}'`);
  }
  return name;
}

function intersection(a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...a].filter((item) => b.has(item)));
}
