/**
 * Argument files and ssh configuration files for tests of the command line.
 * @module
 */
import { readTrustedFile } from "../../lib/host/files/files.ts";
import type { ArgumentFileReader } from "../../lib/cli/parse/argument_file.ts";

/** Reads real files, as the executable does. */
export const REAL_FILES: ArgumentFileReader = { read: readTrustedFile };

/** Refuses all files. */
export const NO_FILES: ArgumentFileReader = {
  read(path): Uint8Array {
    throw new Error(`No such file: ${path}`);
  },
};

/** Runs `use` with a folder that holds these files, if there are any; `$DIR` in `words` becomes its path. */
export function withFiles<T>(
  files: Readonly<Record<string, { readonly text: string; readonly mode?: string }>> | undefined,
  words: readonly string[],
  use: (words: string[], dir: string) => T,
): T {
  if (files === undefined) return use([...words], "$DIR");
  const dir = Deno.makeTempDirSync();
  try {
    for (const [name, { text, mode }] of Object.entries(files)) {
      Deno.mkdirSync(`${dir}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(`${dir}/${name}`, text);
      Deno.chmodSync(`${dir}/${name}`, Number.parseInt(mode ?? "600", 8));
    }
    return use(words.map((word) => word.replaceAll("$DIR", dir)), dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}
