/**
 * `deno task compile [--official]`: makes dist/bzfs, where the download site is reachable also dist/bzfs-aarch64, and
 * dist/SHA256SUMS. Does nothing when the inputs are those of the executable at hand. With `--official`, as for a
 * release, only the official runtime will do.
 *
 * dist/build.json goes into the executable and tells it how it was made; see `BuildRecord`.
 * @module
 */
import { parseArgs } from "@std/cli";
import { manualFiles } from "../lib/cli/render/manual.ts";
import { DEFAULT_FOLDERS } from "../lib/host/process/environment.ts";
import { announce, during, orExplain } from "./announce.ts";
import { sha256 } from "./cache_folder.ts";
import { permissionFlags } from "./permissions.ts";
import { capture } from "./process.ts";
import { hostRuntime, hostTarget, isOfficialReachable, type Runtime } from "./runtime.ts";
import { stage } from "./staging.ts";

const root = import.meta.dirname!.replace(/\/scripts$/, "");
const dist = `${root}/dist`;
const foreign = { target: "aarch64-unknown-linux-gnu", output: "bzfs-aarch64" };

/**
 * Left to itself, V8 lets its young generation grow to 48 MiB before it collects it, and the old one to several times
 * of what is alive in it. What we make is short-lived text of listings: with these limits a run over 10,000 datasets
 * takes half the memory. Threads that help to collect so little, or to compile what runs for a tenth of a second, cost
 * more CPU time than they save: a tenth of that of a small run, nothing in a large one (see `deno task bench idle
 * monitor prune`).
 */
const engineFlags = ["--v8-flags=--max-semi-space-size=2,--heap-growing-percent=60,--single-threaded"];

/** Variables for an environment that lacks them. Without PATH the runtime ends before the program has begun. */
const environmentFlags = ["--env-file=dist/default.env"];

/** Pages and examples that the executable prints. */
const manual = manualFiles().map((path) => `docs/${path}`);

/** What the executable knows of its own making: dist/build.json. */
export interface BuildRecord {
  readonly deno: string;
  readonly runtime: Runtime["kind"];
  readonly target: string;
  /** Hash of all that the executable was made from. */
  readonly inputs: string;
}

/** Makes dist/bzfs if what is there is not made of the present inputs; returns its path. */
export async function compile(choice: "official" | "either" = "either"): Promise<string> {
  await Deno.mkdir(dist, { recursive: true });
  using lock = await Deno.open(`${dist}/.lock`, { write: true, create: true });
  await lock.lock(true);
  const inputs = await inputsHash();
  if (await isCurrent(inputs, choice)) {
    announce("dist/bzfs is up to date");
    return `${dist}/bzfs`;
  }
  await Deno.remove(`${dist}/SHA256SUMS`).catch(() => {});
  await checkTypes();
  const outputs = ["bzfs"];
  // The other architecture first: dist/build.json is left as this machine's executable has it.
  if (await isOfficialReachable(foreign.target)) {
    await compileFor(foreign.target, { kind: "official", env: {} }, inputs, foreign.output);
    outputs.push(foreign.output);
  } else {
    announce(`no executable for ${foreign.target}: Deno's download site cannot be reached`);
  }
  await compileFor(hostTarget, await hostRuntime(choice), inputs, "bzfs");
  for (const page of await sourceFiles("docs/man")) {
    await Deno.copyFile(`${root}/${page}`, `${dist}/${page.slice("docs/man/".length)}`);
  }
  const sums = await Promise.all(outputs.map(async (name) => `${await hashOf(`${dist}/${name}`)}  ${name}\n`));
  await Deno.writeTextFile(`${dist}/SHA256SUMS`, sums.join(""));
  return `${dist}/bzfs`;
}

/** Here and not by `deno compile`, which would do it for the copies, each time from the beginning. */
async function checkTypes(): Promise<void> {
  const { code, stderr } = await capture([Deno.execPath(), "check", "--quiet", "main.ts"], { cwd: root });
  if (code !== 0) throw new Error(stderr);
}

async function compileFor(target: string, runtime: Runtime, inputs: string, output: string): Promise<void> {
  const record: BuildRecord = { deno: Deno.version.deno, runtime: runtime.kind, target, inputs };
  await Deno.writeTextFile(`${dist}/build.json`, `${JSON.stringify(record, undefined, 2)}\n`);
  await Deno.writeTextFile(`${dist}/default.env`, `PATH=${DEFAULT_FOLDERS.join(":")}\n`);
  const more = [
    "--no-check",
    ...["dist/build.json", ...manual].flatMap((path) => ["--include", path]),
    "--target",
    target,
  ];
  const flags = [...permissionFlags, ...engineFlags, ...environmentFlags, ...more];
  await during(`Compiling dist/${output} (${runtime.kind} runtime of Deno ${record.deno})`, async () => {
    const folder = `${dist}/stage`;
    await removeFolder(folder);
    try {
      const { project, env } = await stage(folder, { root, entry: "main.ts", files: embedded });
      await denoCompile("main.ts", { flags, runtime, output: `${dist}/${output}`, cwd: project, env });
    } finally {
      await removeFolder(folder);
    }
  });
}

/** What `deno compile` reads beside the modules of the program. */
const embedded = ["deno.json", "deno.lock", "dist/build.json", "dist/default.env", ...manual];

/** Removes a folder, links in it not followed; none is fine too. */
async function removeFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** What `deno compile` is told. */
export interface CompileOptions {
  readonly flags: readonly string[];
  readonly runtime: Runtime;
  /** Absolute. */
  readonly output: string;
  /** The folder of the project; of this one, unless given. */
  readonly cwd?: string;
  /** More variables for its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `deno compile`. Also for tests, which make probes with the very flags of the executable. */
export async function denoCompile(entry: string, options: CompileOptions): Promise<void> {
  const { flags, runtime, output, cwd = root } = options;
  Deno.env.delete("DENORT_BIN"); // the caller's would be taken for the official runtime
  // The code cache would be a file of a known name in the temporary folder, which any user could plant for root to run.
  const argv = [Deno.execPath(), "compile", "--quiet", "--no-code-cache", ...flags, "--output", output, entry];
  const env = { DENO_TLS_CA_STORE: "system,mozilla", ...runtime.env, ...options.env };
  const done = await capture(argv, { cwd, env });
  if (done.code !== 0) throw new Error(`deno compile ended with status ${done.code}:\n${done.stdout}${done.stderr}`);
}

async function isCurrent(inputs: string, choice: "official" | "either"): Promise<boolean> {
  try {
    const record = JSON.parse(await Deno.readTextFile(`${dist}/build.json`)) as BuildRecord;
    if (record.inputs !== inputs || (choice === "official" && record.runtime !== "official")) return false;
    const sums = await Deno.readTextFile(`${dist}/SHA256SUMS`);
    return sums.includes(`${await hashOf(`${dist}/bzfs`)}  bzfs\n`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Hashes everything that goes into the executable, and how it is put together. */
async function inputsHash(): Promise<string> {
  const how = ["scripts/compile.ts", "scripts/permissions.ts", "scripts/runtime.ts", "scripts/staging.ts"];
  const files = [
    "main.ts",
    "deno.json",
    "deno.lock",
    ...how,
    ...await sourceFiles("lib"),
    ...await sourceFiles("docs/man"),
    ...manual,
  ];
  const hashes = await Promise.all(files.map(async (file) => `${file} ${await hashOf(`${root}/${file}`)}`));
  return await sha256(new TextEncoder().encode([Deno.version.deno, ...hashes].join("\n")));
}

async function sourceFiles(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await sourceFiles(path));
    else files.push(path);
  }
  return files.sort();
}

async function hashOf(path: string): Promise<string> {
  return await sha256(await Deno.readFile(path));
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, { boolean: ["official"] }) as { readonly official: boolean };
  await orExplain(async () => console.log(await compile(options.official ? "official" : "either")));
}
