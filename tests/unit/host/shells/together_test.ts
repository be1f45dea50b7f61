import { readTogether, togetherText } from "../../../../lib/host/shells/together.ts";
import { assertEquals } from "../../../support/assert.ts";

const WORD = "w".repeat(26);
const COMMANDS = [
  ["printf", "a\\nb\\n"],
  ["true"],
  ["printf", "no line feed"],
  ["sh", "-c", "echo lost; exit 3"],
  ["printf", "it's $HOME\\n\\n"],
];
const ANSWERS = ["a\nb", "", "no line feed", undefined, "it's $HOME\n"];

async function printed(text: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", text] }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("what commands print that are asked together is read as what each has printed", async () => {
  assertEquals(readTogether(await printed(togetherText(COMMANDS, WORD)), WORD, COMMANDS.length), ANSWERS);
});

Deno.test("an answer to several questions that is cut, or to more or fewer of them, is none", async () => {
  const whole = await printed(togetherText(COMMANDS, WORD));
  for (let at = 0; at < whole.length; at++) {
    assertEquals(readTogether(whole.slice(0, at), WORD, COMMANDS.length), undefined, `${at}`);
  }
  for (const text of [`${whole}x`, whole + whole, `${whole}\n`]) {
    assertEquals(readTogether(text, WORD, COMMANDS.length), undefined);
  }
  for (const count of [0, 4, 6]) assertEquals(readTogether(whole, WORD, count), undefined);
  assertEquals(readTogether(whole, "other", COMMANDS.length), undefined);
});
