/**
 * Argument files: values and operands of the form `+PATH` stand for the lines of a file (docs/spec/cli.md §1.8).
 *
 * Access to the file is a function of the caller, since this folder does no I/O.
 * @module
 */
import { UsageError } from "../../model/errors.ts";

/** Reads argument files: `host/files/files.ts` keeps the rules about owner, mode and links. */
export interface ArgumentFileReader {
  /**
   * Content of a regular file that is opened without following a symlink, belongs to the effective user or root, is
   * not writable by group or others and not executable. Throws an error whose message says why it cannot be used.
   */
  read(path: string): Uint8Array;
}

/** The name of an argument file must contain this, so that no other file is read by mistake. */
const NAME_PART = "bzfs_argument_file";

/** Everything that ends a line in Python's `splitlines()`. */
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** Replaces each `+PATH` among the values of an option by the lines of that file. */
export function expandValues(values: readonly string[], reader: ArgumentFileReader | undefined): string[] {
  return values.flatMap((value) =>
    value.startsWith("+") ? readLines(value.slice(1), reader).map((l) => l.text) : value
  );
}

/** Replaces each `+PATH` among the operands by the pairs `SRC<TAB>DST` of that file. */
export function expandOperands(operands: readonly string[], reader: ArgumentFileReader | undefined): string[] {
  return operands.flatMap((operand) => {
    if (!operand.startsWith("+")) return operand;
    return readLines(operand.slice(1), reader).flatMap((line) => splitPair(line, operand.slice(1)));
  });
}

interface Line {
  readonly text: string;
  /** From 0, in the file. */
  readonly index: number;
}

function splitPair(line: Line, path: string): [string, string] {
  const tab = line.text.indexOf("\t");
  const [src, dst] = tab < 0 ? [line.text, ""] : [line.text.slice(0, tab), line.text.slice(tab + 1)];
  if (src.trim() !== "" && dst.trim() !== "") return [src, dst];
  throw new UsageError(
    `root_dataset_pairs: Line ${line.index} must be SRC_DATASET, a tab and DST_DATASET within argument file: ${path}`,
  );
}

function readLines(path: string, reader: ArgumentFileReader | undefined): Line[] {
  if (reader === undefined) {
    throw new UsageError(`Argument file inclusion is disabled: ${path}`, {
      hint: "Remove --no-argument-file, or write it after the argument file.",
    });
  }
  if (!path.slice(path.lastIndexOf("/") + 1).includes(NAME_PART)) {
    throw new UsageError(`Argument file name must contain '${NAME_PART}': ${path}`);
  }
  const lines = decodeText(readBytes(path, reader), "Argument file", path)
    .split(LINE_END)
    .map((text, index) => ({ text, index }))
    .filter((line) => line.text.trim() !== "" && !line.text.startsWith("#"));
  const binary = lines.find(({ text }) => text.includes("\0"));
  if (binary === undefined) return lines;
  throw new UsageError(`Line ${binary.index} holds a NUL, which no word of a command can, in argument file: ${path}`);
}

function readBytes(path: string, reader: ArgumentFileReader): Uint8Array {
  try {
    return reader.read(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read argument file ${path}: ${why}`, { cause });
  }
}

/** The text of a file. Throws {@linkcode UsageError} with the place of the first byte that is not UTF-8. */
export function decodeText(bytes: Uint8Array, kind: string, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`${kind} is not UTF-8 at byte ${firstInvalidByte(bytes)}: ${path}`, { cause });
  }
}

/** Length of the longest prefix that decodes, by halving; a cut inside a character counts as decodable. */
function firstInvalidByte(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isDecodable(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return isDecodable(bytes.subarray(0, bad)) ? bad : good;
}

function isDecodable(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
