/**
 * Regular expressions as users write them: Python's `re` syntax, full match, `!` for "not".
 *
 * Translated where the meaning is identical, refused otherwise; compile a pattern once and use it for many names.
 * Patterns that could keep `RegExp` busy forever run in an automaton.
 * Sources: docs/spec/cli.md §4.2 and §17.
 * @module
 */
import { RefusedError } from "../errors.ts";
import { makeAutomaton, mayRunAway } from "./automaton.ts";
import { RegexError } from "./cursor.ts";
import { singleOf } from "./escapes.ts";
import { readRegex } from "./reader.ts";
import type { Node } from "./syntax.ts";
import { writeRegex } from "./writer.ts";

/**
 * What a pattern is for. `dataset` patterns also match everything below what they match, and tolerate one `$` at their
 * end; `name` patterns are taken as they are.
 */
export type RegexFlavour = "dataset" | "name";

/** A compiled pattern. */
export interface Pattern {
  /** What the user wrote. */
  readonly text: string;
  /** True if the pattern matches the whole text, or does not match it if it was written with `!`. */
  matches(text: string): boolean;
}

/**
 * Compiles a user's pattern.
 *
 * @throws {RefusedError} `<error> within regex '<pattern>'`
 */
export function compileRegex(text: string, flavour: RegexFlavour): Pattern {
  const negated = text.startsWith("!");
  const body = negated ? text.slice(1) : text;
  if (body === ".*") return { text, matches: () => !negated };
  const test = compileBody(body, flavour, text);
  return { text, matches: negated ? (name) => !test(name) : test };
}

/**
 * The texts that a `name` pattern names in full, in its order: alternatives that consist of plain or escaped
 * characters. None if the pattern is written with `!` or ignores letter case. An unescaped `.` is not plain.
 *
 * @throws {RefusedError} as {@linkcode compileRegex}
 */
export function literalsIn(text: string): readonly string[] {
  if (text.startsWith("!")) return [];
  const tree = reportedFor(text, () => readRegex(text));
  return tree.fold ? [] : alternativesOf(tree.root).flatMap((branch) => literalOf(branch) ?? []);
}

function alternativesOf(node: Node): readonly Node[] {
  if (node.kind === "choice") return node.branches.flatMap(alternativesOf);
  return node.kind === "group" && !node.fold ? alternativesOf(node.body) : [node];
}

function literalOf(node: Node): string | undefined {
  let text = "";
  for (const item of node.kind === "sequence" ? node.items : [node]) {
    const only = item.kind === "set" && !item.negated && item.items.length === 1 ? singleOf(item.items[0]!) : undefined;
    if (only === undefined) return undefined;
    text += String.fromCodePoint(only);
  }
  return text;
}

/** Compiles many patterns of one flavour. */
export function compileRegexes(texts: readonly string[], flavour: RegexFlavour): readonly Pattern[] {
  return texts.map((text) => compileRegex(text, flavour));
}

/** True if one of the patterns matches. */
export function matchesAny(patterns: readonly Pattern[], text: string): boolean {
  return patterns.some((pattern) => pattern.matches(text));
}

/** Escapes everything that Python's `re.escape` escapes, so that the result matches `text` only. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\.^$*+?{}[\]|()#&~\- \t\n\r\v\f]/g, "\\$&");
}

function compileBody(body: string, flavour: RegexFlavour, whole: string): (text: string) => boolean {
  return reportedFor(whole, () => {
    const tree = readRegex(flavour === "dataset" ? withDescendants(body) : body);
    const regex = writeRegex(tree);
    regex.test(""); // makes the engine compile it now, which is when it refuses one that is too large
    return (mayRunAway(tree) ? makeAutomaton(tree) : undefined) ?? ((text) => regex.test(text));
  });
}

/** What is wrong with a pattern is an error that quotes it. */
function reportedFor<T>(whole: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RegexError || cause instanceof SyntaxError || cause instanceof RangeError)) throw cause;
    throw new RefusedError(`${cause.message} within regex '${whole}'`, { cause });
  }
}

/** Appends the suffix for descendants: plain concatenation, so in `foo|bar` it belongs to `bar` only. */
function withDescendants(body: string): string {
  const isLiteralDollar = body.endsWith("\\$");
  const stem = isLiteralDollar ? body.slice(0, -2) : body.endsWith("$") ? body.slice(0, -1) : body;
  if (stem.includes("$")) throw new RegexError("Must not use non-trailing '$' character");
  return `${stem}${isLiteralDollar ? "\\$" : ""}(?:/.*)?`;
}
