import { mayEmbed, sendsRaw, withoutEmbedding } from "../../../../lib/plan/replication/send_options.ts";
import { assertEquals } from "../../../support/assert.ts";

const CASES: readonly (readonly [string, boolean, boolean, string])[] = [
  ["--raw --compressed a@1", true, true, "--large-block --compressed a@1"],
  ["--raw --compressed --large-block -i #b a@1", true, true, "--compressed --large-block -i #b a@1"],
  ["-w a@1", true, true, "--compressed --large-block a@1"],
  ["-Lecw a@1", true, true, "--compressed --large-block -Lc a@1"],
  ["-Lec -I a@0 a@1", false, true, "-Lc -I a@0 a@1"],
  ["--embed a@1", false, true, "a@1"],
  ["--compressed a@w-e", false, false, "--compressed a@w-e"],
];

for (const [words, isRaw, embeds, without] of CASES) {
  Deno.test(`zfs send ${words}: raw ${isRaw}, embedded blocks ${embeds}, without them: ${without}`, () => {
    const list = words.split(" ");
    assertEquals([sendsRaw(list), mayEmbed(list)], [isRaw, embeds]);
    assertEquals(withoutEmbedding(list).join(" "), without);
    assertEquals(mayEmbed(withoutEmbedding(list)), false);
  });
}
