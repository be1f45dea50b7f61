/**
 * The file to which `pv` appends its status lines (docs/spec/logging-progress.md §5), seen from the writing side.
 * @module
 */
import { openFile, openOrCreate, readPrivateFile, writeText } from "../files/files.ts";
import { readRest } from "../files/followed_file.ts";

/** The pv file of one worker. */
export class PvFile {
  readonly #path: string;
  #offset = 0;
  #seenOffset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Makes sure that the file exists and is ours alone, and marks the beginning of a new stream with an empty line. What
   * is written here is never a reason to end a transfer: if the disk is full, the status line stands still.
   */
  beginStream(marking: "marked" | "unmarked"): void {
    using file = openOrCreate(this.#path, "append").file;
    if (marking === "marked") tryTo(() => writeText(file, "\n"));
    this.#offset = this.#seenOffset = file.statSync().size;
  }

  /** Appends a line of a meter of our own. */
  append(text: string): void {
    tryTo(() => {
      using file = openFile(this.#path, { kind: "private", access: "append" });
      writeText(file, text);
    });
  }

  /** The text that was appended since {@linkcode beginStream}; none if somebody has swept the file out meanwhile. */
  textOfStream(): string {
    return this.#textFrom(this.#offset).text;
  }

  /** The text that was appended since the last call of this, or since {@linkcode beginStream}; the same holds. */
  newText(): string {
    const { text, end } = this.#textFrom(this.#seenOffset);
    this.#seenOffset = end;
    return text;
  }

  #textFrom(start: number): { readonly text: string; readonly end: number } {
    try {
      using file = openFile(this.#path, { kind: "private", access: "read" });
      file.seekSync(start, Deno.SeekMode.Start);
      const text = readRest(file);
      return { text, end: file.seekSync(0, Deno.SeekMode.Current) };
    } catch {
      // What was received is there all the same, and what remains to be done for it must be done.
      return { text: "", end: start };
    }
  }
}

/** Texts of all pv files of a run: `pvFile` itself and those of further workers, `….pv_0001` and so on. */
export function pvTextsOfRun(pvFile: string): readonly string[] {
  const slash = pvFile.lastIndexOf("/");
  const [folder, name] = [pvFile.slice(0, slash) || "/", pvFile.slice(slash + 1)];
  return [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile && isOfRun(entry.name, name))
    .map((entry) => readPrivateFile(`${folder}/${entry.name}`) ?? "");
}

function tryTo(write: () => void): void {
  try {
    write();
  } catch {
    // What is sent is not affected.
  }
}

function isOfRun(candidate: string, name: string): boolean {
  return candidate === name || candidate.startsWith(`${name}_`) && /^[0-9]{4,}$/.test(candidate.slice(name.length + 1));
}
