import { LiteralError, readLiteral } from "../../../../lib/cli/literal/read.ts";
import { writeLiteral } from "../../../../lib/cli/literal/text.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";

Deno.test("readLiteral() keeps the order of keys that look like numbers", () => {
  assertEquals(writeLiteral(readLiteral("{'b': 1, '10': 2, '9': 3}")), "{'b': 1, '10': 2, '9': 3}");
});

Deno.test("readLiteral() keeps large integers", () => {
  assertEquals(readLiteral("13978261837261837261"), 13978261837261837261n);
});

Deno.test("readLiteral() accepts JSON, as a whole only", () => {
  assertEquals(writeLiteral(readLiteral('{"a": true, "b": [null, false]}')), "{'a': True, 'b': [None, False]}");
  assertThrows(() => readLiteral("{'a': true}"), LiteralError, "unknown name");
});

Deno.test("readLiteral() says where the fault is", () => {
  assertEquals(assertThrows(() => readLiteral("{'a': 1 2}"), LiteralError).message, 'expected "}" at position 9');
  assertEquals(assertThrows(() => readLiteral("'a"), LiteralError).message, "text without end at position 1");
  assertEquals(assertThrows(() => readLiteral(""), LiteralError).message, "expected a value at position 1");
});

Deno.test("readLiteral() reads line ends inside brackets only", () => {
  assertEquals(writeLiteral(readLiteral("# plan\n{\n 'a': # here\n 1,\n}\n")), "{'a': 1}");
  assertThrows(() => readLiteral("'a'\n'b'"), LiteralError);
});
