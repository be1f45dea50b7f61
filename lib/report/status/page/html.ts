/**
 * HTML in which no text of the outside can become markup: a template escapes whatever is not HTML itself. Pure.
 * @module
 */
import { visible } from "../../visible.ts";

/** Markup. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes. */
type Part = Html | readonly Html[] | string | number;

/**
 * A template: markup stays, lists of markup are joined, and everything else is text, escaped and {@linkcode visible}. Blanks
 * at the ends of a template are left out, and a line break in it counts as one blank, as in HTML.
 */
export function html(markup: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(piecesOf(markup).reduce((text, piece, i) => text + textOf(parts[i - 1]!) + piece));
}

/** Each template is made short once, not each time when it is filled in. */
const PIECES = new WeakMap<TemplateStringsArray, readonly string[]>();

function piecesOf(markup: TemplateStringsArray): readonly string[] {
  let pieces = PIECES.get(markup);
  if (pieces === undefined) {
    const short = markup.map((piece) => piece.replaceAll(/\s*\n\s*/g, "\n"));
    short[0] = short[0]!.trimStart();
    short[short.length - 1] = short.at(-1)!.trimEnd();
    PIECES.set(markup, pieces = short);
  }
  return pieces;
}

/** A name: in one piece, and what is invisible in it is shown. */
export function nameOf(name: string): Html {
  const text = name.replaceAll("\r", "\\r").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return html`
    <span class="name">${text}</span>
  `;
}

/** Nothing. */
export const NOTHING = new Html("");

function textOf(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return typeof part === "number" ? `${part}` : visible(part.toWellFormed()).replaceAll(/[&<>"']/g, entityOf);
}

function entityOf(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
