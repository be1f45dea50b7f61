/**
 * The file to which `pv` appends its status lines (spec/logging-progress.md chapter 5), seen from the writing side.
 * @module
 */
import { createFile, openFile, readPrivateFile, writeText } from "./files.ts";

/** The pv file of one worker. */
export class PvFile {
  readonly #path: string;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes sure that the file exists and is ours alone, and marks the beginning of a new stream with an empty line. */
  beginStream(marking: "marked" | "unmarked"): void {
    using file = this.#openOrCreate();
    if (marking === "marked") writeText(file, "\n");
    this.#offset = file.statSync().size;
  }

  /** Appends a line of a meter of our own. A full disk is no reason to end a transfer. */
  append(text: string): void {
    try {
      using file = openFile(this.#path, { kind: "private", access: "append" });
      writeText(file, text);
    } catch {
      // The status line stands still; what was sent is not affected.
    }
  }

  /** The text that was appended since {@linkcode beginStream}; none if somebody has swept the file out meanwhile. */
  textOfStream(): string {
    try {
      using file = openFile(this.#path, { kind: "private", access: "read" });
      file.seekSync(this.#offset, Deno.SeekMode.Start);
      return readText(file);
    } catch {
      // What was received is there all the same, and what remains to be done for it must be done.
      return "";
    }
  }

  #openOrCreate(): Deno.FsFile {
    try {
      return openFile(this.#path, { kind: "private", access: "append" });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return createFile(this.#path);
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

/** The part of a pv file that was appended since the last look. */
export class FollowedFile {
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #file: Deno.FsFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Empty as long as there is no such file. */
  read(): string {
    try {
      this.#file ??= openFile(this.#path, { kind: "private", access: "read" });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
    return readText(this.#file, this.#decoder);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

function readText(file: Deno.FsFile, decoder = new TextDecoder()): string {
  let text = "";
  const bytes = new Uint8Array(65_536);
  for (let count = file.readSync(bytes); count !== null; count = file.readSync(bytes)) {
    text += decoder.decode(bytes.subarray(0, count), { stream: true });
  }
  return text;
}

function isOfRun(candidate: string, name: string): boolean {
  return candidate === name || candidate.startsWith(`${name}_`) && /^[0-9]{4,}$/.test(candidate.slice(name.length + 1));
}
