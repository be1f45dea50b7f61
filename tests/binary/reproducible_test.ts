/** What the executable is made of, and what makes two builds of the same sources the same file. */
import { assert, assertEquals } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { STAGED_TIME } from "../../scripts/staging.ts";
import { withTempFolder } from "../support/temp.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const executable = `${root}/dist/bzfs`;

/** An entry of the list of files that `deno compile` leaves in the executable. */
type Entry =
  | { readonly Dir: { readonly n: string; readonly e: readonly Entry[] } }
  | { readonly File: { readonly n: string; readonly t: number } };

/** Paths of the files in the executable, each with its time in seconds. */
async function embeddedFiles(): Promise<ReadonlyMap<string, number>> {
  const bytes = await Deno.readFile(executable);
  const text = new TextDecoder("latin1").decode(bytes);
  const start = text.lastIndexOf('[{"Dir":{"n":".deno_compile_node_modules"');
  const length = new DataView(bytes.buffer).getBigUint64(start - 8, true);
  const files = new Map<string, number>();
  const walk = (entries: readonly Entry[], above: string): void => {
    for (const entry of entries) {
      if ("Dir" in entry) walk(entry.Dir.e, `${above}${entry.Dir.n}/`);
      else files.set(`${above}${entry.File.n}`, entry.File.t / 1000);
    }
  };
  walk(JSON.parse(text.slice(start, start + Number(length))) as Entry[], "");
  return files;
}

Deno.test("the executable remembers neither when nor where its sources were written", async () => {
  const times = [...(await embeddedFiles()).values()];
  assert(times.length > 100);
  assertEquals([...new Set(times)], [STAGED_TIME]);
  const text = new TextDecoder("latin1").decode(await Deno.readFile(executable));
  assert(!text.includes(`${root}/lib/`));
});

Deno.test("the executable holds of its packages only the modules that it uses", async () => {
  const paths = [...(await embeddedFiles()).keys()];
  const ours = /^(?:main\.ts|deno\.json|dist\/build\.json|lib\/.*\.ts|docs\/[\w\/-]+\.(?:md|yaml))$/;
  const packages = paths.filter((path) => !ours.test(path)).map((path) => path.split("/").slice(2).join("/"));
  const [modules, others] = [/^deno-std\/[\d.]+\/yaml\/.*\.js$/, /^deno-std\/[\d.]+\/package\.json$/];
  assertEquals(packages.filter((path) => !modules.test(path) && !others.test(path)), []);
  assert(packages.some((path) => path.endsWith("/yaml/parse.js")));
  const config = `${root}/docs/examples/two-hosts.yaml`;
  const { code, stderr } = await capture([executable, "jobrunner", "--config", config, "--explain"]);
  assertEquals(code, 0, stderr);
});

Deno.test("the same sources make the same executable, wherever and however old they are", () =>
  withTempFolder(async (folder) => {
    const script =
      'cp -r main.ts deno.json deno.lock lib scripts docs "$1" && find "$1" -exec touch -d 1999-12-31 {} +';
    const copied = await capture(["sh", "-c", script, "sh", folder], { cwd: root });
    assertEquals(copied.code, 0, copied.stderr);
    const compiled = await capture([Deno.execPath(), "run", "-A", "scripts/compile.ts"], { cwd: folder });
    assertEquals(compiled.code, 0, compiled.stderr);
    const same = await capture(["cmp", executable, `${folder}/dist/bzfs`]);
    assertEquals(same.code, 0, same.stdout + same.stderr);
  }));
