/**
 * `--result-file`: a document that appears under its name all at once, or not at all.
 * @module
 */
import { createFile, removeFile, writeText } from "../files/files.ts";
import { checkOutputPath, orRefuse, STANDARD_OUTPUT } from "./output_path.ts";
import { printTo } from "./print.ts";

const OPTION = "--result-file";

/** A place for one document. */
export interface ResultFile {
  /** Writes the document. Throws what the system says, for example that the disk is full. */
  write(text: string): void;
}

/**
 * Finds out whether a document can be written to a path, `-` for standard output. Throws `RefusedError` if it cannot.
 *
 * @param uniqueName part of the name of the file that is written first
 */
export function openResultFile(path: string, uniqueName: string): ResultFile {
  if (path === STANDARD_OUTPUT) return { write: (text) => printTo("out", text) };
  const target = checkOutputPath(OPTION, path);
  const temporary = `${target.slice(0, target.lastIndexOf("/") + 1)}.bzfs-result-${uniqueName}.tmp`;
  // Not kept open: a run that is killed leaves no file behind.
  orRefuse(OPTION, path, () => {
    createFile(temporary).close();
    removeFile(temporary);
  });
  return {
    write(text): void {
      using file = createFile(temporary);
      try {
        writeText(file, text);
        file.syncSync();
        Deno.renameSync(temporary, target);
      } catch (error) {
        removeFile(temporary);
        throw error;
      }
    },
  };
}
