/**
 * Results of a run: written beside their final name, which they get when they are complete, or not at all.
 * @module
 */
import type { ReportFile, ReportFolder } from "../../zfs/world.ts";
import {
  createFile,
  listFolder,
  openFile,
  privateFolder,
  PUBLIC_FILE_MODE,
  removeFile,
  replaceFile,
  writeText,
} from "../files/files.ts";
import { checkOutputPath, fullPath, orRefuse, STANDARD_OUTPUT } from "./output_path.ts";
import { printTo } from "./print.ts";

/** Results in a folder that is made with the first of them. A later file of the same name replaces the earlier one. */
export function reportFolder(folder: string): ReportFolder {
  return {
    open(name): ReportFile {
      privateFolder(folder);
      const path = `${folder}/${name}`;
      const temporaryPath = `${path}.tmp`;
      removeFile(temporaryPath);
      const file = createFile(temporaryPath);
      let isOpen = true;
      const close = (): void => {
        isOpen = false;
        file.close();
      };
      return {
        path,
        temporaryPath,
        append: (text) => writeText(file, text),
        finish(): void {
          close();
          Deno.renameSync(temporaryPath, path);
        },
        discard(): void {
          if (!isOpen) return;
          close();
          removeFile(temporaryPath);
        },
      };
    },
  };
}

/** A place for one document: `--result-file`, `--plan-file`, `--prometheus`. */
export interface ResultFile {
  /** Writes the document. Throws what the system says, for example that the disk is full. */
  write(text: string): void;
}

/**
 * Finds out whether a document can be written to a path, `-` for standard output. Throws `RefusedError` if it cannot.
 *
 * @param uniqueName part of the name of the file that is written first
 * @param option what asks for it, for messages
 * @param readers who may read the file: nobody else, or everybody
 */
export function openResultFile(
  path: string,
  uniqueName: string,
  option = "--result-file",
  readers: "private" | "public" = "private",
): ResultFile {
  if (path === STANDARD_OUTPUT) return { write: (text) => printTo("out", text) };
  const target = checkOutputPath(option, path);
  const temporary = `${target.slice(0, target.lastIndexOf("/") + 1)}.bzfs-result-${uniqueName}.tmp`;
  // Not kept open: a run that is killed leaves no file behind.
  orRefuse(option, path, () => {
    createFile(temporary).close();
    removeFile(temporary);
  });
  const mode = readers === "public" ? PUBLIC_FILE_MODE : undefined;
  return {
    write: (text) => replaceFile(target, text, temporary, mode),
  };
}

/** The beginning of a file. */
export interface FileHead {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** How much of a file is its beginning. */
const HEAD_BYTES = 16_384;

/**
 * How the files in the folder of an output begin that have a certain ending; the output, which may have another, comes first
 * if it is there. Those are left out that are no regular files, that cannot be read, or that others may write.
 */
export function headsBeside(path: string, ending: string): FileHead[] {
  const target = fullPath(path);
  const folder = target.slice(0, target.lastIndexOf("/"));
  const others = target.endsWith(ending)
    ? listFolder(folder || "/").map(({ name }) => `${folder}/${name}`).filter((one) => one.endsWith(ending))
    : [];
  return [...new Set([target, ...others.toSorted()])].flatMap((one) => {
    try {
      using file = openFile(one, { kind: "trusted", access: "read" });
      const bytes = new Uint8Array(HEAD_BYTES);
      return [{ path: one, text: new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0)) }];
    } catch {
      return [];
    }
  });
}
