/**
 * `deno task mutate`: breaks one expression at a time, and says what no test noticed. Slow; not in CI.
 *
 *     mutate.ts [--every=N] [sources and tests]
 *
 * Sources are those of `plan/`, `zfs/` and `run/` unless named; for each the unit tests that import it run unless tests
 * are named, on a copy of the project. `--every=N` takes every Nth expression only.
 * @module
 */
import { announce } from "./announce.ts";
import { capture, follow } from "./process.ts";

const root = `${import.meta.dirname}/..`;
const FOLDERS = ["lib/plan", "lib/zfs", "lib/run"];
/** A run that takes longer has noticed: it waits for something that does not come. */
let limitMs = 600_000;

/** What is looked for, and what takes its place. */
const MUTATIONS: readonly (readonly [RegExp, (found: string) => string])[] = [
  [/ [!=]== /g, (found) => found === " === " ? " !== " : " === "],
  [/ [<>]=? /g, (found) => found.includes("=") ? found.replace("=", "") : found.replace(/[<>]/, "$&=")],
  [/ (?:&&|\|\|) /g, (found) => found === " && " ? " || " : " && "],
  [/ [+-] 1\b/g, (found) => found.replace("1", "0")],
  [/\b(?:true|false)\b/g, (found) => found === "true" ? "false" : "true"],
  [/\b(?:min|max)(?=\()/g, (found) => found === "min" ? "max" : "min"],
  [/(?<=\bif \()(?=.*\) (?:return|throw|continue|break)\b)/g, () => "false && "],
  [/\.(?:trim|trimEnd|toSorted|sort|reverse|toReversed)\(\)/g, () => ""],
];

/** Lines that hold no expression. */
const NO_EXPRESSION = /^\s*(?:\/?\*|\/\/|import\b|export (?:type|interface)\b|readonly\b|\| |\} from\b)/;

/** All lines of a source, by number from 0, that are broken in one place. */
function mutantsOf(source: string): { readonly line: number; readonly text: string }[] {
  return source.split("\n").flatMap((line, index) =>
    NO_EXPRESSION.test(line)
      ? []
      : MUTATIONS.flatMap(([form, instead]) =>
        [...line.matchAll(form)].map(({ 0: found, index: at }) => ({
          line: index,
          text: line.slice(0, at) + instead(found) + line.slice(at + found.length),
        }))
      )
  );
}

async function filesBelow(folder: string): Promise<string[]> {
  const { stdout } = await capture(["git", "ls-files", folder], { cwd: root });
  return stdout.split("\n").filter((path) => path.endsWith(".ts"));
}

/** Which of the tests import a source, directly or not; the one of the same name comes first. */
function testsOf(source: string, tests: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const own = source.replace("lib/", "tests/unit/").replace(".ts", "_test.ts");
  const found = [...tests].filter(([, imports]) => imports.has(source)).map(([test]) => test);
  return found.sort((a, b) => Number(b === own) - Number(a === own) || (a < b ? -1 : 1));
}

async function importsOf(test: string): Promise<ReadonlySet<string>> {
  const { stdout } = await capture([Deno.execPath(), "info", "--json", test], { cwd: root });
  const { modules } = JSON.parse(stdout) as { modules: { specifier: string }[] };
  return new Set(modules.map(({ specifier }) => specifier.replace(/^.*?\/(?=lib\/)/, "")));
}

async function survives(tests: readonly string[], copy: string): Promise<boolean> {
  const flags = ["--no-check", "--quiet", "--fail-fast", "--allow-all", "--unstable-net"];
  const signal = AbortSignal.timeout(limitMs);
  return await follow([Deno.execPath(), "test", ...flags, ...tests], () => {}, { cwd: copy, signal }) === 0;
}

const every = Number(Deno.args.find((word) => word.startsWith("--every="))?.slice("--every=".length) ?? 1);
const named = Deno.args.filter((word) => word.endsWith("_test.ts"));
const chosen = Deno.args.filter((word) => word.endsWith(".ts") && !named.includes(word));
const sources = chosen.length > 0 ? chosen : (await Promise.all(FOLDERS.map(filesBelow))).flat();
const tests = (await filesBelow("tests/unit")).filter((path) => path.endsWith("_test.ts"));
const graph = new Map<string, ReadonlySet<string>>();
if (named.length === 0) { for (const test of tests) graph.set(test, await importsOf(test)); }
const copy = await Deno.makeTempDir({ prefix: "bzfs-mutate-" });
await capture(["sh", "-c", `git ls-files -z | xargs -0 cp --parents -t "$0"`, copy], { cwd: root });
let [count, survivors] = [0, 0];
for (const source of sources) {
  const text = await Deno.readTextFile(`${root}/${source}`);
  const run = named.length > 0 ? named : testsOf(source, graph);
  announce(`${source}: ${run.length} test files`);
  const started = performance.now();
  if (run.length > 0 && !await survives(run, copy)) throw new Error("Tests fail although nothing was broken");
  limitMs = 30_000 + 4 * (performance.now() - started);
  for (const mutant of mutantsOf(text).filter((_, index) => index % every === 0)) {
    count++;
    await Deno.writeTextFile(`${copy}/${source}`, text.split("\n").with(mutant.line, mutant.text).join("\n"));
    if (run.length === 0 || await survives(run, copy)) {
      survivors++;
      console.log(`${source}:${mutant.line + 1}: nothing noticed\n  ${mutant.text.trim()}`);
    }
  }
  await Deno.writeTextFile(`${copy}/${source}`, text);
}
await Deno.remove(copy, { recursive: true });
console.log(`${survivors} of ${count} changes were not noticed`);
