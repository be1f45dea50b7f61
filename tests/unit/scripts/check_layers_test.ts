/** Each rule about layers, broken once. */
import { complaintsAbout } from "../../../scripts/check_layers.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const FOLDERS = ["model", "plan", "zfs", "host", "run", "report", "cli", "app"];

/** A program of one module for each layer, all of which are needed, with some lines added to one of them. */
function programWith(path: string, ...lines: readonly string[]): ReadonlyMap<string, string> {
  const program = new Map(FOLDERS.map((folder) => [`lib/${folder}/a.ts`, `export const ${folder} = 1;\n`]));
  program.set("lib/cli/job_file/yaml.ts", 'import { parse } from "@std/yaml";\nparse();\n');
  program.set("lib/cli/job_file/mod.ts", 'export { parse } from "./yaml.ts";\n');
  const layers = FOLDERS.map((folder) => `import { ${folder} } from "./lib/${folder}/a.ts";`);
  const needs = [...layers, 'import { parse } from "./lib/cli/job_file/mod.ts";', "parse;"];
  program.set("main.ts", [...needs, ...FOLDERS, ""].join("\n"));
  program.set("mod.ts", "");
  program.set(path, `${lines.join("\n")}\n${program.get(path) ?? ""}`);
  return program;
}

const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  model: ["plan", "zfs", "host", "run", "report", "cli", "app"],
  plan: ["report", "zfs", "host", "run", "cli", "app"],
  report: ["plan", "zfs", "host", "run", "cli", "app"],
  zfs: ["plan", "report", "host", "run", "cli", "app"],
  host: ["run", "cli", "app"],
  run: ["host", "cli", "app"],
  cli: ["host", "run", "app"],
  app: [],
};

Deno.test("complaintsAbout() finds nothing wrong with a program in layers", () => {
  assertEquals(complaintsAbout(programWith("main.ts")), []);
  for (const layer of ["host", "run", "cli"]) {
    for (const below of ["model", "plan", "report", "zfs"]) {
      assertEquals(complaintsAbout(programWith(`lib/${layer}/a.ts`, `import { x } from "../${below}/a.ts";`)), []);
    }
  }
});

Deno.test("complaintsAbout() names a module of run that reads stderr, or what reads it", () => {
  const ways = ['import { diagnose } from "../zfs/diagnosis.ts";', "error.failure.stderr;", 'error["stderr"];'];
  for (const way of ways) {
    const about = (layer: string): string[] => complaintsAbout(programWith(`lib/${layer}/a.ts`, way));
    const found = about("run").filter((complaint) => complaint.includes("decide by the error's verdict"));
    assertEquals(found, ["lib/run/a.ts: lib/zfs/diagnosis.ts reads stderr; decide by the error's verdict"], way);
    assertEquals(about("app"), [], way);
  }
  assertEquals(complaintsAbout(programWith("lib/run/a.ts", "// stderr")), []);
});

Deno.test("complaintsAbout() names a context of more than 12 members, inherited ones included", () => {
  const members = (count: number): string[] => Array.from({ length: count }, (_, i) => `  readonly m${i}: string;`);
  const found = (...lines: readonly string[]): string[] =>
    complaintsAbout(programWith("lib/run/a.ts", ...lines)).filter((complaint) => complaint.includes("members"));
  const log = "  readonly log: Logger;";
  assertEquals(found("export interface A {", log, ...members(12), "}"), [
    "lib/run/a.ts: context A has 13 members, more than 12",
  ]);
  assertEquals(found("interface B {", log, "}", "export interface A<T> extends Pick<B, T> {", ...members(12), "}"), [
    "lib/run/a.ts: context A has 13 members, more than 12",
  ]);
  assertEquals(found("export interface A {", log, ...members(11), "}"), []);
  assertEquals(found("interface A {", log, ...members(12), "}"), []);
  assertEquals(found("export interface A {", ...members(20), "}"), []);
});

for (const [layer, others] of Object.entries(FORBIDDEN)) {
  Deno.test(`complaintsAbout() names each layer that ${layer} must not import, however it does`, () => {
    for (const other of others) {
      const path = `../${other}/a.ts`;
      const ways = [
        `import { x } from "${path}";`,
        `import type { x } from "${path}";`,
        `import "${path}";`,
        `export * from "${path}";`,
        `import {\n  x,\n  type Y,\n} from "${path}";`,
        `const x = await import("${path}");`,
      ];
      for (const way of ways) {
        const complaints = complaintsAbout(programWith(`lib/${layer}/a.ts`, way));
        const expected = `lib/${layer}/a.ts: layer ${layer} must not import lib/${other}/a.ts`;
        assert(complaints.includes(expected), `${way}\n${complaints.join("\n")}`);
      }
    }
  });
}

const EFFECTS = [
  "Deno.exit(1);",
  "const { exit } = Deno;",
  "Date.now();",
  "new Date();",
  "new Date;",
  "performance.now();",
  "Math.random();",
  "crypto.randomUUID();",
  "setTimeout(() => {}, 1);",
  "setInterval(() => {}, 1);",
  "AbortSignal.timeout(1);",
  'fetch("x");',
  "console.log(1);",
  "navigator.hardwareConcurrency;",
  'globalThis["x"];',
  'import fs from "node:fs";',
];

Deno.test("complaintsAbout() names what only main.ts and lib/host/ may say, in every other layer", () => {
  for (const layer of FOLDERS.filter((each) => each !== "host")) {
    for (const effect of EFFECTS) {
      const complaints = complaintsAbout(programWith(`lib/${layer}/a.ts`, effect));
      assert(complaints.some((text) => text.startsWith(`lib/${layer}/a.ts:1: `)), `${layer}: ${effect}`);
    }
    const harmless = ["// Deno.exit(1);", "/* Date.now() */", "new Date(5);"];
    assertEquals(complaintsAbout(programWith(`lib/${layer}/a.ts`, ...harmless)), []);
  }
  for (const effect of EFFECTS) {
    const isTimer = effect.startsWith("set");
    const complaints = isTimer ? ["lib/host/a.ts:1: timers are those of lib/host/timers.ts"] : [];
    assertEquals(complaintsAbout(programWith("lib/host/a.ts", effect)), complaints);
    const inside = complaintsAbout(programWith("lib/host/timers.ts", effect));
    assertEquals(inside.filter((text) => text.includes("timers are")), []);
  }
});

Deno.test("complaintsAbout() names decisions that wait, cycles, strangers, and what nobody needs", () => {
  const about = (path: string, ...lines: readonly string[]): string =>
    complaintsAbout(programWith(path, ...lines)).join();
  assertEquals(about("lib/plan/a.ts", "await plan;"), "lib/plan/a.ts: decisions are synchronous");
  assertEquals(
    about("lib/app/a.ts", 'import { parse } from "@std/yaml";'),
    "lib/app/a.ts: layer app must not import @std/yaml",
  );
  assertEquals(about("lib/app/a.ts", 'import x from "jsr:x";'), "lib/app/a.ts: layer app must not import jsr:x");
  assertEquals(about("lib/app/b.ts", "1;"), "lib/app/b.ts: nothing needs this module");
  assertEquals(about("lib/app/a.ts", "export type Lonely = 1;"), "lib/app/a.ts: nothing uses Lonely");
  assertEquals(about("lib/app/a.ts", "export async function lonely() {}"), "lib/app/a.ts: nothing uses lonely");
  const cycle = about("lib/app/a.ts", 'import { x } from "../../main.ts";');
  assert(cycle.includes("cycle: lib/app/a.ts -> main.ts -> lib/app/a.ts"), cycle);
  const circle = programWith("lib/run/a.ts", 'import type { y } from "./b.ts";');
  const both = new Map([...circle, ["lib/run/b.ts", 'import type { x } from "./a.ts";']]);
  assert(complaintsAbout(both).includes("cycle: lib/run/a.ts -> lib/run/b.ts -> lib/run/a.ts"));
});

Deno.test("complaintsAbout() names who enters a folder by another way than its door", () => {
  const inner = new Map([
    ["lib/host/room/mod.ts", 'export { x } from "./inner.ts";'],
    ["lib/host/room/room.ts", 'export { x } from "./inner.ts";'],
    ["lib/host/room/inner.ts", "export const x = 1;"],
  ]);
  const about = (path: string, specifier: string): readonly string[] => {
    const program = programWith(path, `import { x } from "${specifier}";`);
    return complaintsAbout(new Map([...program, ...inner])).filter((text) => !text.includes("nothing needs"));
  };
  assertEquals(about("lib/app/a.ts", "../host/room/mod.ts"), []);
  assertEquals(about("lib/app/a.ts", "../host/room/room.ts"), []);
  assertEquals(about("lib/host/a.ts", "./room/inner.ts"), []);
  assertEquals(about("lib/app/a.ts", "../host/room/inner.ts"), [
    "lib/app/a.ts: lib/host/room/inner.ts is behind the door of its folder, mod.ts",
  ]);
});

Deno.test("complaintsAbout() names exports that nobody imports, and code that only tests use", () => {
  const about = (line: string, test: string): readonly string[] =>
    complaintsAbout(programWith("lib/plan/a.ts", line), new Map(), new Map([["tests/a_test.ts", test]]));
  const used = "export function inner() {}\nconst value = inner();";
  assertEquals(about(used, 'import { inner } from "../lib/plan/a.ts";'), []);
  assertEquals(about(used, "inner;"), ["lib/plan/a.ts: nobody imports inner"]);
  assertEquals(about("export function alone() {}", 'import { alone } from "../lib/plan/a.ts";'), [
    "lib/plan/a.ts: only tests use alone",
  ]);
});

Deno.test("complaintsAbout() names a folder of more than 16 modules, not counting those of its folders", () => {
  const about = (modules: number): readonly string[] => {
    const names = Array.from({ length: modules }, (_, index) => `lib/plan/m${index}.ts`);
    const program = new Map([...names, "lib/plan/inner/a.ts"].map((name) => [name, ""]));
    return complaintsAbout(program).filter((text) => text.includes("modules are more"));
  };
  assertEquals(about(16), []);
  assertEquals(about(17), ["lib/plan: 17 modules are more than 16"]);
});
