import { TurnWriter, writeAllThatWaits } from "../../../../lib/host/output/turn_writer.ts";
import { assertEquals } from "../../../support/assert.ts";

Deno.test("TurnWriter writes the texts of a turn together, in order, once the turn is over", async () => {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const writer = new TurnWriter((text) => {
    written.push(text);
    resolve();
  }, () => {});
  writer.append("a");
  await Promise.resolve();
  writer.append("b");
  assertEquals(written, []);
  await promise;
  assertEquals(written, ["ab"]);
  writer.append("c");
  writer.flush();
  writer.flush();
  assertEquals(written, ["ab", "c"]);
});

Deno.test("TurnWriter holds no more than 256 texts back, however long a turn is", () => {
  const written: string[] = [];
  const writer = new TurnWriter((text) => void written.push(text), () => {});
  for (let i = 0; i < 600; i++) writer.append("x");
  assertEquals(written.map(({ length }) => length), [256, 256]);
  writer.flush();
  assertEquals(written.join("").length, 600);
});

Deno.test("TurnWriter tells what cannot be written, and tries later texts", () => {
  const written: string[] = [];
  const failures: unknown[] = [];
  const write = (text: string): void => {
    if (text === "bad") throw new Error("full");
    written.push(text);
  };
  const writer = new TurnWriter(write, (error) => void failures.push(error));
  for (const text of ["good", "bad", "better"]) {
    writer.append(text);
    writer.flush();
  }
  assertEquals(written, ["good", "better"]);
  assertEquals(failures.map(String), ["Error: full"]);
});

Deno.test("writeAllThatWaits() writes what all writers have, at once", () => {
  const written: string[] = [];
  const [a, b] = ["a", "b"].map((name) => new TurnWriter((text) => void written.push(name + text), () => {}));
  a!.append("1");
  b!.append("2");
  a!.append("3");
  writeAllThatWaits();
  writeAllThatWaits();
  assertEquals(written, ["a13", "b2"]);
});
