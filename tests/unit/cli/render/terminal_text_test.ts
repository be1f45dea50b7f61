import { headingOf, renderMarkdown } from "../../../../lib/cli/render/terminal_text.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

/** Markdown, and the text that it becomes on a terminal of 40 columns without bold letters. */
const CASES: Readonly<Record<string, readonly [markdown: string, text: string]>> = {
  "headings stand at the margin, the first one in capitals": [
    "# A `b`\n\n## Sub title\ntext\n",
    "A 'B'\n\nSub title\n\n  text\n",
  ],
  "paragraphs are filled": [
    "one two three four five six seven eight nine\nten\n\neleven",
    "  one two three four five six seven\n  eight nine ten\n\n  eleven\n",
  ],
  "code stays as it is, blank lines in it too": ["    a  b\n\n      c\n", "    a  b\n\n      c\n"],
  "fenced code": ["```yaml\n# x\n| a |\n```\nend", "    # x\n    | a |\n\n  end\n"],
  "lists, with paragraphs and code in their items": [
    "- one\n  goes on\n- two\n\n      code\n\n  more\n1. first\n10. tenth\n\nend",
    "  - one goes on\n  - two\n\n      code\n\n    more\n  1. first\n  10. tenth\n\n  end\n",
  ],
  "a hyphen within a paragraph is no list": ["a -b - c", "  a -b - c\n"],
  "tables that fit": ["| a | `b` |\n|---|---|\n| 1 | x \\| y |\n", "  a  b\n\n  1  x | y\n"],
  "tables that do not fit are wrapped": [
    "| a | b |\n|---|---|\n| word word word word word word | word word word word word |\n| c | d |",
    "  a                   b\n\n  word word word      word word word\n  word word word      word word\n\n  c                   d\n",
  ],
  "tables whose words do not fit become entries": [
    `| a | b |\n|---|---|\n| ${"x".repeat(30)} | one two three four five six ${"y".repeat(20)} |\n| c | d |`,
    `  ${"x".repeat(30)}\n    one two three four five six\n    ${"y".repeat(20)}\n\n  c\n    d\n`,
  ],
  "links, web addresses, emphasis, pictures, comments": [
    "See [the `x` page](a.md#b) and [web](https://a.b/c), *this* and **that** 2 * 3 * 4.\n\n![p](q.svg)\n\n<!-- no -->\nend",
    "  See the 'x' page and web\n  (https://a.b/c), this and that 2 * 3 *\n  4.\n\n  end\n",
  ],
  "code that has quotes gets none": ["`a='b'` and `c`", "  a='b' and 'c'\n"],
  "a word that is longer than the terminal is not broken": [
    "x ".repeat(2) + "y".repeat(50),
    `  x x\n  ${"y".repeat(50)}\n`,
  ],
};

for (const [title, [markdown, text]] of Object.entries(CASES)) {
  Deno.test(`renderMarkdown(): ${title}`, () => {
    assertEquals(renderMarkdown(markdown, { columns: 40, bold: false }), text);
  });
}

Deno.test("renderMarkdown() has bold letters only where a terminal can show them, and ends them on each line", () => {
  const markdown = "# Title\n\nplain **bold words that go on behind the end of the line** plain\n";
  const text = renderMarkdown(markdown, { columns: 24, bold: true });
  for (const line of text.split("\n")) {
    assertEquals(line.split("\x1b[1m").length, line.split("\x1b[0m").length, JSON.stringify(line));
  }
  assertEquals(text.replaceAll(/\x1b\[[01]m/g, ""), renderMarkdown(markdown, { columns: 24, bold: false }));
  assert(text.startsWith("\x1b[1mTITLE\x1b[0m\n") && text.includes("plain \x1b[1mbold words"), text);
});

Deno.test("headingOf()", () => {
  assertEquals(headingOf("### A **b** [c](d)"), { level: 3, text: "A b c" });
  for (const line of ["#no", "####### seven", " # indented", "text"]) assertEquals(headingOf(line), undefined);
});
