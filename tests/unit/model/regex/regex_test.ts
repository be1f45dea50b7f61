import { RefusedError } from "../../../../lib/model/errors.ts";
import { compileRegex, escapeRegex, literalsIn } from "../../../../lib/model/regex/regex.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";

/** pattern, text, expected: verified with Python 3.11's re.fullmatch. */
const MATCHES: readonly (readonly [string, string, boolean])[] = [
  ["a{,2}", "aa", true],
  ["a{,}b", "aaab", true],
  ["[]a]+", "]a", true],
  ["[^]a]", "b", true],
  ["[a-]", "-", true],
  [String.raw`[\W_]+`, "-_ ", true],
  [String.raw`[^\W_]+`, "aé٣", true],
  [String.raw`[^\S\n]`, " ", true],
  [String.raw`[^\S\n]`, "\n", false],
  [String.raw`a\Bb`, "ab", true],
  [String.raw`\B`, "", false],
  ["(?s:.)", "\n", true],
  [".", "\u2028", true],
  ["(?m)a$\n^b", "a\nb", true],
  ["(?x) a \\  b # c", "a b", true],
  ["(?i:a)b", "Ab", true],
  ["(?i:a)b", "AB", false],
  ["(?i)a(?-i:b)c", "AbC", true],
  ["(?i)a(?-i:b)c", "ABC", false],
  ["(?i)(?:(?-i:a)|b)", "B", true],
  ["(?i)(?-i:a)[^b]", "aB", false],
  ["(?i)(a)\\1", "aA", true],
  ["a++a", "aaa", false],
  ["(?:a|b|)c", "c", true],
  ["(?>a|ab)c", "abc", false],
  ["(?:a|b)++c", "abac", true],
  ["(?P<x>a|b)(?P=x)", "bb", true],
  ["(?P<x>a|b)(?P=x)", "ba", false],
  [String.raw`\x41\u0042\U00000043\103\07`, "ABCC\x07", true],
  ["😀.", "😀😀", true],
  ["a(?#note)+", "aaa", true],
  ["(?:)*a", "a", true],
  ["(?=a)*b", "b", true],
  [String.raw`\d`, "²", false],
  [String.raw`(?a)\d`, "٣", false],
  [String.raw`\s`, "\x1c", true],
  [String.raw`\s`, "\ufeff", false],
];

const REFUSALS: readonly (readonly [string, string])[] = [
  ["(a", "missing )"],
  ["a)", "unbalanced parenthesis"],
  ["*", "nothing to repeat"],
  ["^*", "nothing to repeat"],
  ["a**", "multiple repeat"],
  ["a{2}{3}", "multiple repeat"],
  ["a{3,1}", "min repeat greater than max repeat"],
  ["[a", "unterminated character set"],
  ["[]", "unterminated character set"],
  ["[b-a]", "bad character range"],
  [String.raw`[\d-z]`, "bad character range"],
  [String.raw`\q`, String.raw`bad escape \q`],
  [String.raw`[\B]`, "bad escape"],
  ["\\", "bad escape (end of pattern)"],
  [String.raw`\x4`, "incomplete escape"],
  [String.raw`\400`, "octal escape value"],
  [String.raw`\1`, "invalid group reference"],
  [String.raw`(a\1)`, "cannot refer to an open group"],
  [String.raw`(a)?\1`, "may not have taken part"],
  [String.raw`(?:(a)|b)*\1`, "may not have taken part"],
  ["(?P<a>x)(?P<a>y)", "redefinition of group name"],
  ["(?P=a)", "unknown group name"],
  ["(?P<1>x)", "bad character in group name"],
  ["(?Px)", "unknown extension ?Px"],
  ["(?<=a*)b", "look-behind requires fixed-width pattern"],
  ["a(?i)", "global flags not at the start"],
  ["(?L)a", "cannot use 'L' flag"],
  ["(?au)a", "incompatible"],
  ["(?i-i:a)", "flag turned on and off"],
  ["(?z)", "unknown extension ?z"],
  ["(?", "unexpected end of pattern"],
  ["(?#", "unterminated comment"],
  ["(a)(?(1)b|c)", "conditional"],
  ["(?:a??)++", "a possessive quantifier together with"],
  ["(?>(?:a??)*)", "an atomic group together with"],
  [String.raw`(a)\1(?:b?)*`, "a back-reference together with"],
  ["(?i)(?a:x)", "a and i together"],
  [String.raw`\N{DIGIT ONE}`, String.raw`\N{…}`],
];

Deno.test("compileRegex() means what Python means", () => {
  for (const [pattern, text, expected] of MATCHES) {
    assertEquals(compileRegex(pattern, "name").matches(text), expected, `${pattern} on ${JSON.stringify(text)}`);
  }
});

Deno.test("compileRegex() refuses what Python rejects and what has no equivalent, and names the pattern", () => {
  for (const [pattern, message] of REFUSALS) {
    const error = assertThrows(() => compileRegex(`!${pattern}`, "name"), RefusedError, message);
    assertEquals(error.message.endsWith(` within regex '!${pattern}'`), true, error.message);
  }
});

Deno.test("compileRegex() lets dataset patterns match descendants and handles $", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["foo|bar", "foo/x", false],
    ["foo|bar", "bar/x", true],
    ["a$", "a/b", true],
    ["a\\$", "a$/b", true],
    [".*", "x\ny", true],
    ["!foo", "foo/x", false],
  ];
  for (const [pattern, name, expected] of cases) {
    assertEquals(compileRegex(pattern, "dataset").matches(name), expected, `${pattern} on ${name}`);
  }
  for (const pattern of ["a$b", "[$]", "a\\$b", "a$$"]) {
    assertThrows(() => compileRegex(pattern, "dataset"), RefusedError, "Must not use non-trailing '$' character");
  }
});

Deno.test("escapeRegex() makes any text match itself only", () => {
  for (const text of ["a.b", "\\", "us-west #1 & ~2", "[x](y){z}", "a\n\t\v", "😀|é"]) {
    assertEquals(compileRegex(escapeRegex(text), "name").matches(text), true, text);
    assertEquals(compileRegex(escapeRegex(text), "name").matches(`${text}x`), false, text);
  }
});

for (
  const [pattern, literals] of [
    ["mountpoint", ["mountpoint"]],
    ["mountpoint|can.*|sharenfs", ["mountpoint", "sharenfs"]],
    ["(?:a|(b|c))|d", ["a", "b", "c", "d"]],
    [String.raw`com\.sun:auto\-snapshot`, ["com.sun:auto-snapshot"]],
    ["(?x) a b # comment", ["ab"]],
    ["[m]ountpoint", ["mountpoint"]],
    ["com.sun:auto", []],
    ["!mountpoint", []],
    ["(?i)mountpoint", []],
    ["(?i:a)|b", ["b"]],
    ["a?|b{2}|[cd]|[^e]|f$|(?=g)g|", [""]],
    [".*", []],
  ] as const
) {
  Deno.test(`literalsIn("${pattern}") is ${JSON.stringify(literals)}`, () => {
    assertEquals(literalsIn(pattern), literals);
    for (const text of literals) assertEquals(compileRegex(pattern, "name").matches(text), true);
  });
}

Deno.test("literalsIn() refuses what compileRegex() refuses", () => {
  assertThrows(() => literalsIn("a("), RefusedError, "within regex 'a('");
});
