/**
 * Result files of a run: written beside their final name, which they get when they are complete.
 * @module
 */
import type { ReportFile, ReportFolder } from "../../zfs/world.ts";
import { createFile, privateFolder, removeFile, writeText } from "../files/files.ts";

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
