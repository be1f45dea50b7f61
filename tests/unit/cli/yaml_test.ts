/** What we rely on in the YAML reader. */
import { readYaml, YamlError, type YamlNode } from "../../../lib/cli/yaml.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";

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
};

for (const [name, [text, wanted]] of Object.entries(values)) {
  Deno.test(`readYaml() ${name}`, () => assertEquals(plain(readYaml(text)), wanted));
}

const refused: Readonly<Record<string, readonly [string, number | undefined]>> = {
  "a key that occurs twice": ["a: 1\nb: 2\na: 3", 3],
  "a text without end": ["a: 'x\nb: 1\n", 3],
  "a mapping in a plain value": ["x: 1\na: b: c\n", 2],
  "a tag": ["a: !!binary aGk=", 1],
  "two documents": ["a: 1\n---\nb: 2", 2],
  "an alias of nothing": ["a: *x", 1],
  "an alias of what it is part of": ["a: &x [1, *x]", undefined],
  "an alias of what it is part of, further down": ["a: &x\n  b:\n    - c: *x\n", undefined],
};

for (const [name, [text, line]] of Object.entries(refused)) {
  Deno.test(`readYaml() refuses ${name}`, () => assertEquals(assertThrows(() => readYaml(text), YamlError).line, line));
}

Deno.test("readYaml() refuses aliases that stand for too much", () => {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i}: &l${i} [${`*l${i - 1},`.repeat(10).slice(0, -1)}]`);
  const text = ["x: &l-1 [a]", ...levels].join("\n").replaceAll("l-1", "start");
  assert(assertThrows(() => readYaml(text), YamlError).message.includes("more than 100000 values"));
});
