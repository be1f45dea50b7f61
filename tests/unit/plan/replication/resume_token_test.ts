/**
 * Resume tokens: real ones are read as `zfs send -nvt` reads them, and what somebody has made up is told from them.
 * `tests/samples/tokens-*.txt` holds real tokens, each with what ZFS printed about it (nothing where it failed to).
 */
import { inflate } from "../../../../lib/model/nvlist/inflate.ts";
import { readNvlist } from "../../../../lib/model/nvlist/nvlist.ts";
import type { Guid } from "../../../../lib/model/snapshot.ts";
import { objectionTo, openToken, readToken, type ResumeToken } from "../../../../lib/plan/replication/resume_token.ts";
import { packPairs, type Pairs, printPairs } from "../../../sim/nvlist.ts";
import { tokenOfPairs } from "../../../sim/token.ts";
import { assert, assertEquals, assertMatch } from "../../../support/assert.ts";
import { forAll } from "../../../support/for_all.ts";

/** What a token says; a text if that cannot be true, `undefined` if it is no token. */
async function read(text: string): Promise<ResumeToken | string | undefined> {
  const sealed = openToken(text);
  const packed = sealed && await inflate(sealed.compressed, sealed.size);
  const pairs = packed && readNvlist(packed);
  return pairs && readToken(pairs);
}

for (const version of ["2.1", "2.3"]) {
  Deno.test(`tokens of OpenZFS ${version} are read as zfs reads them`, async () => {
    const file = new URL(`../../../samples/tokens-${version}.txt`, import.meta.url);
    const samples = Deno.readTextFileSync(file).trimEnd().split("\n\n").map((text) => text.split("\n"));
    assert(samples.length >= 7);
    for (const [token = "", ...dump] of samples) {
      const { compressed, size } = openToken(token)!;
      const pairs = readNvlist((await inflate(compressed, size))!)!;
      if (dump.length > 0) {
        assertEquals(
          `resume token contents:\n${printPairs(pairs.map(({ name, value }) => [name, value]))}`,
          `${dump.join("\n")}\n`,
        );
      }
      const said = readToken(pairs) as ResumeToken;
      assertMatch(said.name, /^tank\/[a-z]@[-a-z0-9:_.]+$/);
      assertEquals(said.raw, dump.includes("\trawok = 1"));
      const from = dump.find((line) => line.startsWith("\tfromguid"))?.split(" = ")[1];
      assertEquals(said.fromGuid, from && BigInt(from).toString());
    }
  });
}

const HONEST: Pairs = [
  ["fromguid", 11n],
  ["object", 2n],
  ["offset", 0x20000n],
  ["bytes", 0x40c70n],
  ["toguid", 12n],
  ["toname", "src@s2"],
  ["rawok", true],
];

/** The honest pairs with others in the place of those of the same name; what is new comes last. */
function pairs(...others: Pairs): Pairs {
  const kept = HONEST.map(([name, value]) => others.find(([other]) => other === name) ?? [name, value] as const);
  return [...kept, ...others.filter(([name]) => !HONEST.some(([known]) => known === name))];
}

const FORGED: Readonly<Record<string, readonly [Pairs, RegExp]>> = {
  "a second toguid, as a line of the name": [pairs(["toname", "src@s2\n\ttoguid = 0xc"]), /^its toname is malformed$/],
  "a flag, as a line of the name": [pairs(["toname", "src@s2\r\trawok = 1"]), /^its toname is malformed$/],
  "a second toguid": [[...HONEST, ["toguid", 13n]], /^it holds toguid twice$/],
  "a second toname": [[["toname", "other@x"], ...HONEST], /^it holds toname twice$/],
  "a name that is none": [pairs(["toname", ""]), /^its toname is malformed$/],
  "a name that is too long": [pairs(["toname", `src@${"x".repeat(252)}`]), /^its toname is malformed$/],
  "a name of another alphabet": [pairs(["toname", "src@ſ2"]), /^its toname is malformed$/],
  "a name that is a number": [pairs(["toname", 1n]), /^its toname is malformed$/],
  "a guid that is a text": [pairs(["toguid", "12"]), /^its toguid is malformed$/],
  "a flag with a value": [pairs(["rawok", 0n]), /^its rawok is malformed$/],
  "guids to redact that are no list": [pairs(["redact_snaps", 1n]), /^its redact_snaps is malformed$/],
  "what partial state sends": [pairs(["savedok", true]), /^it holds "savedok", which is not known$/],
  "what nobody knows": [pairs(["\n", true]), /^it holds "\\n", which is not known$/],
  "no object": [HONEST.filter(([name]) => name !== "object"), /^it holds no object$/],
  "no guid": [HONEST.filter(([name]) => name !== "toguid"), /^it holds no toguid$/],
  "nothing": [[], /^it holds no toname$/],
};

Deno.test("a token that ZFS does not make says what gives it away", async () => {
  const honest = { name: "src@s2", guid: "12" as Guid, fromGuid: "11" as Guid, raw: true };
  assertEquals(await read(tokenOfPairs(HONEST)), honest);
  assertEquals(await read(tokenOfPairs(pairs(["redact_snaps", [1n, 2n]], ["book_redact_snaps", []]))), honest);
  const largest = { ...honest, guid: String(2n ** 64n - 1n) };
  assertEquals(await read(tokenOfPairs(pairs(["toguid", 2n ** 64n - 1n]))), largest as ResumeToken);
  for (const [what, [forged, says]] of Object.entries(FORGED)) {
    assertMatch(String(await read(tokenOfPairs(forged))), says, what);
  }
});

Deno.test("a text that is no token is not read, however long it is", async () => {
  const token = tokenOfPairs(HONEST);
  const [, checksum = "", size = "", hex = ""] = token.split("-");
  const texts = [
    "",
    "-",
    "garbage",
    `2-${checksum}-${size}-${hex}`,
    `1-${checksum}-${size}-${hex.toUpperCase()}`,
    `1-${checksum}-${size}-${hex}0`,
    `1-${checksum}-${size}-${hex} `,
    `1-${checksum}-${size}-${hex}\n`,
    `1-${checksum}-${size}-0${hex.slice(1)}`,
    `1-${checksum}0-${size}-${hex}`,
    `1-${checksum}-${size}0-${hex}`,
    `1-${checksum}-0-${hex}`,
    `1-${checksum}-10001-${hex}`,
    `1-${checksum}-ffffffffffffffff-${hex}`,
    `1-0-${size}-${"00".repeat(8180)}`,
    `1-0-${size}-${"00".repeat(1e6)}`,
    "1".repeat(1e6),
  ];
  for (const text of texts) assertEquals(await read(text), undefined, text.slice(0, 300));
});

Deno.test("contents are never inflated beyond the size that the token names", async () => {
  const deflate = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const bomb = await deflate(new Uint8Array(64 * 2 ** 20));
  assertEquals(await inflate(bomb, 65_536), undefined);
  const text = Uint8Array.from(new TextEncoder().encode("some text that is to be found again"));
  const packed = await deflate(text);
  assertEquals(await inflate(packed, text.length), text);
  assertEquals(await inflate(packed, text.length - 1), undefined);
  assertEquals(await inflate(packed, text.length + 1), undefined);
  assertEquals(await inflate(packed.slice(0, packed.length / 2), text.length), undefined);
  assertEquals(await inflate(new Uint8Array(100), 100), undefined);
});

Deno.test("a packed list with any bytes changed is read without harm, or not at all", async () => {
  await forAll(
    (dice) => {
      const packed = packPairs(HONEST);
      for (let changes = dice.integer(1, 3); changes > 0; changes--) {
        packed[dice.integer(0, packed.length - 1)] = dice.integer(0, 255);
      }
      return packed.subarray(0, dice.chance(0.3) ? dice.integer(0, packed.length) : packed.length);
    },
    (packed) => {
      const list = readNvlist(packed);
      if (list !== undefined) readToken(list);
    },
    { runs: 3000 },
  );
});

Deno.test("a token has to fit what was listed at the source, and what both sides have", () => {
  const [s1, s2] = ["11", "12"] as Guid[];
  const listed = { snapshots: new Set([s1!, s2!]), versions: new Set([s1!, s2!]) };
  const token = { name: "src@s2", guid: s2!, fromGuid: s1, raw: false };
  const fit = { source: "src", selected: new Set([s2!]), base: s1, ...listed };
  assertEquals(objectionTo(token, fit), undefined);
  assertEquals(objectionTo({ ...token, name: "src@renamed" }, fit), undefined);
  assertEquals(objectionTo({ ...token, fromGuid: undefined }, { ...fit, base: undefined }), undefined);
  for (const name of ["src/a@s2", "srcs@s2", "s@s2", "@s2", "src "]) {
    assertEquals(objectionTo({ ...token, name }, fit), { kind: "stale" }, name);
  }
  assertEquals(objectionTo({ ...token, fromGuid: undefined }, fit), { kind: "stale" });
  assertEquals(objectionTo(token, { ...fit, base: undefined }), { kind: "stale" });
  assertEquals(objectionTo(token, { ...fit, selected: new Set() }), { kind: "not-selected" });
});

Deno.test("what a token needs and no listing shows is named, so that the source can be asked for it", () => {
  const [s1, s2, other] = ["11", "12", "13"] as Guid[];
  const listed = { snapshots: new Set([s1!, s2!]), versions: new Set([s1!, s2!]) };
  const token = { name: "src@s2", guid: s2!, fromGuid: s1, raw: false };
  const fit = { source: "src", selected: new Set([s2!]), base: s1, ...listed };
  assertEquals(objectionTo({ ...token, guid: other! }, fit), { kind: "not-selected", unlisted: other! });
  assertEquals(objectionTo({ ...token, fromGuid: other! }, fit), { kind: "stale", unlisted: other! });
  const bookmarked = { ...fit, versions: new Set([s1!, s2!, other!]) };
  assertEquals(objectionTo({ ...token, guid: other! }, bookmarked), { kind: "not-selected", unlisted: other! });
  assertEquals(objectionTo({ ...token, fromGuid: other! }, bookmarked), { kind: "stale" });
});
