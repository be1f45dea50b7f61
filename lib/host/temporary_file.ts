/**
 * A private file for another process of ours to write into.
 * @module
 */
import { readPrivateFile } from "./files.ts";

/** A path that nobody else can get at. */
export interface TemporaryFile extends Disposable {
  readonly path: string;
  /** What was written; nothing if nothing was. */
  read(): string;
}

/** Makes a place for a file, gone with all that is in it when it is disposed of. */
export function temporaryFile(): TemporaryFile {
  const folder = Deno.makeTempDirSync({ prefix: "bzfs-" });
  const path = `${folder}/file`;
  return {
    path,
    read: () => readPrivateFile(path) ?? "",
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}
