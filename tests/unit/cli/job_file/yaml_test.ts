/** What we rely on in the YAML reader. */
import { readYaml, YamlError, type YamlNode } from "../../../../lib/cli/job_file/yaml.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";

function plain(node: YamlNode): unknown {
  if (node instanceof Map) return [...node].map(([key, value]) => [key, plain(value)]);
  return Array.isArray(node) ? node.map(plain) : node;
}

const values: Readonly<Record<string, readonly [string, unknown]>> = {
  "keeps long numbers, dates, booleans and null as texts": [
    "[13978261837261837261, 2024-01-31, 0x10, 1e3, 1_000, 12:30, true, no, ~, null, .inf]",
    ["13978261837261837261", "2024-01-31", "0x10", "1e3", "1_000", "12:30", "true", "no", "~", "null", ".inf"],
  ],
  "keeps the order of keys, numbers too": [
    'b: 1\n2024: 2\na: 3\n10: {7: x, y: z, "3": w}\n"5": 4\n- : 0\n'.replace("- : 0\n", ""),
    [["b", "1"], ["2024", "2"], ["a", "3"], ["10", [["7", "x"], ["y", "z"], ["3", "w"]]], ["5", "4"]],
  ],
  "keeps strange names": ["__proto__: 1\nconstructor: 2\n'a b': 3", [["__proto__", "1"], ["constructor", "2"], [
    "a b",
    "3",
  ]]],
  "knows comments and anchors": ["# c\na: &x [1, 2] # d\nb: *x", [["a", ["1", "2"]], ["b", ["1", "2"]]]],
  "knows blocks of text": ["a: |\n  12: x\n  y\nb: >-\n  p\n  q", [["a", "12: x\ny\n"], ["b", "p q"]]],
  "takes entries without value for nothing": ["a:\nb: ''", [["a", null], ["b", ""]]],
  "takes an empty text for nothing": ["", null],
  "does not mind a byte order mark": ["\ufeffa: 1\nb: 2", [["a", "1"], ["b", "2"]]],
  "keeps quotes, escapes and texts of several lines": [
    `a: 'it''s'\nb: "x, \\"y\\", z"\nc: "p\n  - "\nd: ''\ne: {"f, g": "h\n", i: j}\nk: l\n  m: n\n`.replace(
      "m: n",
      "m n",
    ),
    [["a", "it's"], ["b", 'x, "y", z'], ["c", "p - "], ["d", ""], ["e", [["f, g", "h "], ["i", "j"]]], ["k", "l m n"]],
  ],
  "knows signs at the beginning of a text": [
    "- -r\n- ^SRC_HOST\n- (.*/)?x\n- :y\n- - z\n  - 3\n- ?a",
    ["-r", "^SRC_HOST", "(.*/)?x", ":y", ["z", "3"], "?a"],
  ],
  "merges entries, of which its own count more, wherever they stand": [
    "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {y: 0, <<: *a, w: 5}\nd:\n  <<: [*b, *a]\n  x: 6\n",
    [
      ["a", [["x", "1"], ["y", "2"]]],
      ["b", [["y", "3"], ["z", "4"]]],
      ["c", [["y", "0"], ["x", "1"], ["w", "5"]]],
      ["d", [["y", "3"], ["z", "4"], ["x", "6"]]],
    ],
  ],
};

for (const [name, [text, wanted]] of Object.entries(values)) {
  Deno.test(`readYaml() ${name}`, () => assertEquals(plain(readYaml(text).node), wanted));
}

const refused: Readonly<Record<string, readonly [string, number | undefined]>> = {
  "a key that occurs twice": ["a: 1\nb: 2\na: 3", 3],
  "a text without end": ["a: 'x\nb: 1\n", 3],
  "a mapping in a plain value": ["x: 1\na: b: c\n", 2],
  "a tag": ["a: !!binary aGk=", 1],
  "two documents": ["a: 1\n---\nb: 2", 2],
  "an alias of nothing": ["a: *x", 1],
  "an alias of what it is part of": ["a: &x [1, *x]", 1],
  "an alias of what it is part of, further down": ["a: &x\n  b:\n    - c: *x\n", 3],
  "a merge of what it is part of": ["b: 1\na: &x\n  <<: *x\n", 2],
  "a merge of a text": ["a: 1\nb: {<<: x}", 2],
  "a key that occurs twice behind a long value": ["a:\n  b:\n    c: 1\n    d: 2\na:\n  b: 1\n", 5],
  "a key that occurs twice, once in quotes": ['a: 1\nb: 2\n"a": 3', 3],
};

for (const [name, [text, line]] of Object.entries(refused)) {
  Deno.test(`readYaml() refuses ${name}`, () => assertEquals(assertThrows(() => readYaml(text), YamlError).line, line));
}

Deno.test("readYaml() refuses aliases that stand for too much", () => {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i}: &l${i} [${`*l${i - 1},`.repeat(10).slice(0, -1)}]`);
  const text = ["x: &l-1 [a]", ...levels].join("\n").replaceAll("l-1", "start");
  assert(assertThrows(() => readYaml(text), YamlError).message.includes("more than 100000 values"));
});

Deno.test("readYaml() knows the lines of entries, or of what they are part of", () => {
  const text = "# a: b\na: 1\nb:\n  - x\n  - c: 2\n    d: 3\ne: [p,\n  q]\nf: &f\n  g: 1\nh: *f\n";
  const { lineOf } = readYaml(text);
  const paths = ["a", "b", "b[0]", "b[1]", "b[1].d", "b[1].none", "e[0]", "e[1]", "f.g", "h", "h.g", "none", ""];
  assertEquals(paths.map(lineOf), [2, 3, 4, 5, 6, 5, 7, 8, 10, 11, 10, undefined, undefined]);
});
