/**
 * Argument files and ssh configuration files for tests of the command line, with the rules of the real reader.
 * @module
 */
import type { ArgumentFileReader } from "../../lib/cli/argument_file.ts";

/** Reads real files by the rules of spec/cli-bzfs.md §1.8. */
export const REAL_FILES: ArgumentFileReader = {
  read(path): Uint8Array {
    const info = Deno.lstatSync(path);
    if (!info.isFile) throw new Error(`Not a regular file: ${path}`);
    if (info.uid !== 0 && info.uid !== Deno.uid()) throw new Error(`Not ours: ${path}`);
    if ((info.mode! & 0o133) !== 0) throw new Error(`Unsafe permissions: ${path}`);
    return Deno.readFileSync(path);
  },
};

/** Refuses all files. */
export const NO_FILES: ArgumentFileReader = {
  read(path): Uint8Array {
    throw new Error(`No such file: ${path}`);
  },
};

/** Runs `use` with a folder that holds these files; `$DIR` in `words` becomes its path. */
export function withFiles<T>(
  files: Readonly<Record<string, { readonly text: string; readonly mode?: string }>> | undefined,
  words: readonly string[],
  use: (words: string[], dir: string) => T,
): T {
  const dir = Deno.makeTempDirSync();
  try {
    for (const [name, { text, mode }] of Object.entries(files ?? {})) {
      Deno.mkdirSync(`${dir}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(`${dir}/${name}`, text);
      Deno.chmodSync(`${dir}/${name}`, Number.parseInt(mode ?? "600", 8));
    }
    return use(words.map((word) => word.replaceAll("$DIR", dir)), dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}
