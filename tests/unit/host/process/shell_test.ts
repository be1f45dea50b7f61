import { joinWords, quoteInsideDoubleQuotes, quoteWord } from "../../../../lib/host/process/shell.ts";
import { assertEquals } from "../../../support/assert.ts";
import { Dice } from "../../../support/for_all.ts";

Deno.test("joinWords() quotes only what needs it", () => {
  assertEquals(joinWords(["zfs", "list", "tank/a b@it's"]), `zfs list 'tank/a b@it'"'"'s'`);
  assertEquals(joinWords([]), "");
  assertEquals(joinWords([""]), "''");
});

Deno.test("quoteWord() does not take a final newline for harmless", () => {
  assertEquals(quoteWord("a\n"), "'a\n'");
});

/** Characters that shells, printf or UTF-8 might treat in a special way are drawn more often than others. */
const NASTY = [..."'\"\\$`!*?[]{}()<>|&;#~=%^-+ \t\n\r\u0001\u001b\u007f\u0085é\u00a0\u2028日😀"];

function randomText(dice: Dice): string {
  return dice.times(dice.integer(0, 12), () => {
    if (dice.chance(0.6)) return dice.pick(NASTY);
    return String.fromCodePoint(dice.chance(0.8) ? dice.integer(1, 127) : dice.integer(0x80, 0xd7ff));
  }).join("");
}

Deno.test("a real sh reads 100,000 random texts unchanged, quoted either way", async () => {
  const dice = new Dice(20240701);
  const batch = 500;
  for (let done = 0; done < 100_000; done += batch) {
    const texts = dice.times(batch, () => randomText(dice));
    const words = texts.map((text, i) => i % 2 === 0 ? quoteWord(text) : quoteInsideDoubleQuotes(text));
    // A limit of Linux: one argument holds at most 128 KiB.
    const script = `printf '%s\\0' ${words.join(" ")}`;
    const output = await new Deno.Command("sh", { args: ["-c", script], stdin: "null" }).output();
    assertEquals(new TextDecoder("utf-8", { ignoreBOM: true }).decode(output.stdout), texts.join("\0") + "\0");
  }
});
