/**
 * Every recorded file is compared by some test: what nobody consumes is no proof.
 *
 * `send-steps-resume` is not copied: the program never calls the planner with a pending token (docs/spec/replication.md
 * §9.2).
 */
import { assertEquals } from "../support/assert.ts";

const FOLDER = new URL(".", import.meta.url);

function filesEndingWith(ending: string): string[] {
  return [...Deno.readDirSync(FOLDER)].map((entry) => entry.name).filter((name) => name.endsWith(ending)).sort();
}

/** Names of the recorded files -> test files that compare them. */
function consumers(): ReadonlyMap<string, readonly string[]> {
  const tests = filesEndingWith("_test.ts").map((name) => ({
    name,
    text: Deno.readTextFileSync(new URL(name, FOLDER)),
  }));
  return new Map(filesEndingWith(".json").map((file) => {
    const area = file.slice(0, -".json".length);
    const calls = new RegExp(String.raw`\(\s*"${area}"`);
    return [area, tests.filter(({ text }) => calls.test(text)).map(({ name }) => name)];
  }));
}

Deno.test("every parity file has a consumer", () => {
  const table = consumers();
  assertEquals([...table].filter(([, tests]) => tests.length === 0).map(([area]) => area), []);
  assertEquals(table.size, 57);
});
