/**
 * Markdown as text for a terminal: the part of it that the manual uses. Headings, paragraphs, lists, tables, code; pictures
 * and comments are left out.
 * @module
 */
import { wrap } from "./markup.ts";

/** How a text is shown. */
export interface TextStyle {
  readonly columns: number;
  /** The terminal can show bold letters. */
  readonly bold: boolean;
}

/** Longer lines are hard to read. */
const WIDEST = 100;
/** Columns in front of everything but headings. */
const MARGIN = 2;

const ITEM = /^( *)([-*]|\d+\.) +/;

/** A heading, if the line is one. */
export function headingOf(line: string): { readonly level: number; readonly text: string } | undefined {
  const [, marks = "", text = ""] = /^(#{1,6}) +(.+?)\s*$/.exec(line) ?? [];
  return marks === "" ? undefined : { level: marks.length, text: inline(text, plainStyle) };
}

/** Renders a document. Ends in a line feed; no two blank lines follow each other outside of code. */
export function renderMarkdown(markdown: string, style: TextStyle): string {
  const lines = markdown.replaceAll(/<!--[^]*?-->/g, "").replaceAll(/^!\[[^\]]*\]\([^)]*\)$/gm, "").split("\n");
  const out = blocks(lines, MARGIN, { ...style, columns: Math.min(style.columns, WIDEST) });
  return `${out.join("\n").replace(/^\n+/, "").trimEnd()}\n`;
}

const plainStyle: TextStyle = { columns: Infinity, bold: false };

/** Blocks, each followed by a blank line. */
function blocks(lines: readonly string[], margin: number, style: TextStyle): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length;) {
    const end = endOfBlock(lines, at);
    if (lines[at]!.trim() !== "") {
      const block = renderBlock(lines.slice(at, end), margin, style);
      // Items of a list without blank lines between them stay together.
      const isTight = ITEM.test(lines[at]!) && end < lines.length && ITEM.test(lines[end]!);
      out.push(...block, ...(isTight ? [] : [""]));
    }
    at = end;
  }
  return out;
}

/** Index behind the block that begins at `at`. */
function endOfBlock(lines: readonly string[], at: number): number {
  const first = lines[at]!;
  const until = (isEnd: (line: string) => boolean): number => {
    const found = lines.findIndex((line, index) => index > at && isEnd(line));
    return found < 0 ? lines.length : found;
  };
  if (first.trim() === "" || headingOf(first) !== undefined) return at + 1;
  if (/^ *```/.test(first)) return Math.min(lines.length, until((line) => /^ *```/.test(line)) + 1);
  if (first.startsWith("    ")) return until((line) => line !== "" && !line.startsWith("    "));
  if (first.startsWith("|")) return until((line) => !line.startsWith("|"));
  if (ITEM.test(first)) return endOfItem(lines, at);
  return until((line) =>
    line.trim() === "" || ITEM.test(line) || line.startsWith("|") || headingOf(line) !== undefined
  );
}

/** An item goes on with lines that are indented, also behind a blank line. */
function endOfItem(lines: readonly string[], at: number): number {
  let end = at + 1;
  for (let index = at + 1; index < lines.length; index++) {
    const line = lines[index]!;
    if (/^ {2}/.test(line)) end = index + 1;
    else if (line.trim() !== "") break;
  }
  return end;
}

function renderBlock(lines: readonly string[], margin: number, style: TextStyle): string[] {
  const [first = ""] = lines;
  const heading = headingOf(first);
  if (heading !== undefined) return [bold(heading.level === 1 ? heading.text.toUpperCase() : heading.text, style)];
  if (/^ *```/.test(first)) return code(lines.slice(1, -1), margin);
  if (first.startsWith("    ")) return code(lines, margin);
  if (first.startsWith("|")) return table(lines, margin, style);
  const item = ITEM.exec(first);
  if (item === null) return filled(lines.map((line) => line.trim()).join(" "), margin, style);
  const mark = item[2] === "*" ? "-" : item[2]!;
  const inner = [first.slice(item[0].length), ...lines.slice(1).map((line) => withoutIndent(line, item[0].length))];
  const body = blocks(inner, margin + mark.length + 1, style);
  while (body.at(-1) === "") body.pop();
  return [`${" ".repeat(margin)}${mark} ${(body[0] ?? "").trimStart()}`, ...body.slice(1)];
}

function withoutIndent(line: string, columns: number): string {
  return line.replace(new RegExp(`^ {0,${columns}}`), "");
}

/** As it is, but for the indentation that all lines share. */
function code(lines: readonly string[], margin: number): string[] {
  const written = lines.join("\n").trimEnd().split("\n");
  const indents = written.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const common = Math.min(...indents, 80);
  return written.map((line) => line.trim() === "" ? "" : `${" ".repeat(margin + 2)}${line.slice(common)}`);
}

function filled(text: string, margin: number, style: TextStyle): string[] {
  return wrapped(inline(text, style), Math.max(20, style.columns - margin)).map((line) => " ".repeat(margin) + line);
}

/** What is bold is bold to the end of each line, and begins again on the next one. */
function wrapped(text: string, width: number): string[] {
  let isOpen = false;
  return wrap(text, width).map((line) => {
    const start = isOpen ? BOLD_ON : "";
    for (const letter of line) isOpen = letter === BOLD_ON || (isOpen && letter !== BOLD_OFF);
    return `${start}${line}${isOpen ? BOLD_OFF : ""}`.replaceAll(BOLD_ON, "\x1b[1m").replaceAll(BOLD_OFF, "\x1b[0m");
  });
}

/** Stand for the sequences of the terminal until lines are made. */
const BOLD_ON = "\u2060";
const BOLD_OFF = "\u2061";

/** Columns as wide as their widest cell; if that is too much, the widest ones are wrapped. Words are never broken. */
function table(lines: readonly string[], margin: number, style: TextStyle): string[] {
  const rows = lines.filter((line) => !/^\|[\s|:-]+\|$/.test(line)).map(cellsOf);
  const count = Math.max(...rows.map((row) => row.length));
  const widest = (measure: (cell: string) => number): number[] =>
    Array.from({ length: count }, (_, column) => Math.max(1, ...rows.map((row) => measure(row[column] ?? ""))));
  const widths = widest((cell) => cell.length);
  const narrowest = widest((cell) => Math.max(...cell.split(" ").map((word) => word.length)));
  const room = style.columns - margin - 2 * (count - 1);
  if (sumOf(narrowest) > room) return rows.slice(1).flatMap((row) => entry(row, margin, style)).slice(0, -1);
  while (sumOf(widths) > room) {
    const spare = widths.map((width, column) => width > narrowest[column]! ? width : 0);
    widths[spare.indexOf(Math.max(...spare))]!--;
  }
  const isSparse = rows.some((row) => row.some((cell, column) => cell.length > widths[column]!));
  const out = rows.flatMap((row, index) => {
    const cells = widths.map((width, column) => wrap(row[column] ?? "", width));
    const height = Math.max(...cells.map((cell) => cell.length));
    const written = Array.from({ length: height }, (_, line) => {
      const parts = cells.map((cell, column) => (cell[line] ?? "").padEnd(widths[column]!));
      return `${" ".repeat(margin)}${parts.join("  ").trimEnd()}`;
    });
    if (index === 0) return row.every((cell) => cell === "") ? [] : [...written.map((line) => bold(line, style)), ""];
    return isSparse ? [...written, ""] : written;
  });
  while (out.at(-1) === "") out.pop();
  return out;
}

/** A row of a table that is too wide: its first cell, the others below. */
function entry([first = "", ...others]: readonly string[], margin: number, style: TextStyle): string[] {
  const lines = (cell: string, indent: number): string[] =>
    wrap(cell, Math.max(20, style.columns - indent)).map((line) => " ".repeat(indent) + line);
  return [...lines(first, margin), ...others.flatMap((cell) => cell === "" ? [] : lines(cell, margin + 2)), ""];
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function cellsOf(line: string): string[] {
  const cells = line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/);
  return cells.map((cell) => {
    const text = cell.trim().replaceAll("\\|", "|");
    return inline(/^`[^`]*`$/.test(text) ? text.slice(1, -1) : text, plainStyle);
  });
}

/** Links become their text, with the address if it is on the web; code is quoted. */
function inline(text: string, style: TextStyle): string {
  const [on, off] = style.bold ? [BOLD_ON, BOLD_OFF] : ["", ""];
  const parts = text.replaceAll(/\[([^\]]*)\]\((https?:[^)]*)\)/g, "$1 ($2)").replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/\*\*([^*]+)\*\*/g, `${on}$1${off}`).split(/(`[^`]+`)/);
  return parts.map((part, index) => {
    if (index % 2 === 0) return part.replaceAll(/(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])/g, "$1");
    return part.includes("'") ? part.slice(1, -1) : `'${part.slice(1, -1)}'`;
  }).join("");
}

function bold(text: string, style: TextStyle): string {
  return style.bold ? `\x1b[1m${text}\x1b[0m` : text;
}
