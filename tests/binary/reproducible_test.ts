/** What makes two builds of the same sources the same file. */
import { assert, assertEquals } from "@std/assert";
import { FILE_TIME } from "../../scripts/compile.ts";

Deno.test("the executable remembers neither when nor where its sources were written", async () => {
  const bytes = await Deno.readFile(`${import.meta.dirname}/../../dist/bzfs`);
  const text = new TextDecoder("latin1").decode(bytes);
  const times = [...text.matchAll(FILE_TIME)].map((match) => match[1]);
  assert(times.length > 100);
  assertEquals([...new Set(times)], ["1000000000000"]);
  assert(!text.includes(import.meta.dirname!.replace("/tests/binary", "/lib/")));
});
