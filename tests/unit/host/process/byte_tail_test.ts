import { concat, newDecoder, Tail } from "../../../../lib/host/process/byte_tail.ts";
import { assertEquals } from "../../../support/assert.ts";

Deno.test("concat() puts bytes in a row, of any number of parts", () => {
  const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
  assertEquals(concat(), bytes());
  assertEquals(concat(bytes(1, 2), bytes(), bytes(3)), bytes(1, 2, 3));
});

Deno.test("newDecoder() keeps a byte order mark and replaces what is no UTF-8", () => {
  assertEquals(newDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])), "\ufeffa\ufffd");
});

Deno.test("Tail keeps the last 64 KiB, and a copy of what it was given", () => {
  const tail = new Tail();
  assertEquals(tail.text(), "");
  const chunk = new TextEncoder().encode("a".repeat(40_000));
  tail.push(chunk);
  chunk.fill(0x62);
  tail.push(chunk);
  assertEquals(tail.text(), "a".repeat(25_536) + "b".repeat(40_000));
  tail.push(new Uint8Array(200_000).fill(0x63));
  assertEquals(tail.text(), "c".repeat(65_536));
});

Deno.test("Tail keeps the end in whole characters", () => {
  const tail = new Tail();
  for (let i = 0; i < 300_000; i++) tail.push(new TextEncoder().encode("é"));
  tail.push(new TextEncoder().encode("x"));
  const text = tail.text();
  assertEquals(text.length, 32768);
  assertEquals(text.slice(-3), "ééx");
  assertEquals(text[0], "é");
});
