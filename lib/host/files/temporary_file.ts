/**
 * A private file for one of our processes to write into.
 * @module
 */
import { messageOf, RefusedError } from "../../model/errors.ts";
import { ifThere, readPrivateFile } from "./files.ts";

/** A path that nobody else can get at. */
export interface TemporaryFile extends Disposable {
  readonly path: string;
  /** What was written; nothing if nothing was. */
  read(): string;
}

/** Makes a place for a file, gone with all that is in it when it is disposed of. Throws `RefusedError`. */
export function temporaryFile(): TemporaryFile {
  const folder = makeFolder();
  const path = `${folder}/file`;
  return {
    path,
    read: () => readPrivateFile(path) ?? "",
    [Symbol.dispose](): void {
      ifThere(() => Deno.removeSync(folder, { recursive: true }));
    },
  };
}

function makeFolder(): string {
  try {
    return Deno.makeTempDirSync({ prefix: "bzfs-" });
  } catch (cause) {
    throw new RefusedError(`Cannot make a temporary folder: ${messageOf(cause)}`, {
      hint: "Set TMPDIR to a folder that can be written to",
      cause,
    });
  }
}
