/**
 * `zfs receive`: takes a stream, part by part; keeps partial state with `-s`; drops it with `-A`.
 *
 * The order of the checks is that of libzfs and of the kernel's receive.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import { whyNotSettable } from "../properties.ts";
import { EMPTY_STREAM, type Stream, type StreamPart } from "../stream.ts";
import { assignmentsOf } from "./create.ts";
import { openDataset } from "./names.ts";
import { type Outcome, success, usage } from "./outcome.ts";
import { deniedProperties, FIXED_IN_RAW, receivePart } from "./receive_part.ts";
import { splitWords, type Words } from "./words.ts";

const USAGE = [
  "receive [-vMnsFhu] [-o <property>=<value>] ... [-x <property>] ...",
  "    <filesystem|volume|snapshot>",
  "receive [-vMnsFhu] [-o <property>=<value>] ... [-x <property>] ... ",
  "    [-d | -e] <filesystem>",
  "receive -A <filesystem|volume>",
];

/** What the options of a receive ask for. */
export interface ReceiveRequest {
  readonly target: string;
  readonly force: boolean;
  readonly resumable: boolean;
  readonly simulated: boolean;
  readonly verbose: boolean;
  /** `-o` */
  readonly local: Readonly<Record<string, string>>;
  /** `-x` */
  readonly excluded: ReadonlySet<string>;
}

/** `zfs receive`. */
export function receive(host: SimHost, argv: readonly string[], stdin: Stream = EMPTY_STREAM): Outcome {
  const words = splitWords(argv, { flags: "FnsuvdeAMh", values: "ox" });
  const target = words.operands[0] ?? "";
  if (words.has("A")) return abort(host, target);
  const request = readRequest(host, words, target);
  let stdout = "";
  const notRead = (): ZfsFailure => new ZfsFailure("cannot receive: failed to read from stream", 1, stdout);
  if (stdin.parts.length === 0) throw notRead();
  for (const part of stdin.parts) {
    try {
      stdout += receivePart(host, request, part, stdin.root);
    } catch (error) {
      if (!(error instanceof ZfsFailure)) throw error;
      throw new ZfsFailure(error.stderr, error.status, stdout + error.stdout);
    }
  }
  if (stdin.truncated && (stdin.packaged || request.simulated)) throw notRead();
  const denied = deniedProperties(host, request).map((name) =>
    `cannot receive ${name} property on ${target}: permission denied\n`
  );
  const warnings = stdin.parts.map((part) => warningsAbout(request, part)).join("");
  return success(stdout, warnings + (request.simulated ? "" : denied.join("")));
}

/** What cannot be excluded from a dataset of this type is ignored with a warning. */
function warningsAbout({ target, excluded }: ReceiveRequest, { traits }: StreamPart): string {
  const name = target.split("@")[0];
  return [...excluded].filter((property) => whyNotSettable(property, traits.type)?.includes("does not apply"))
    .map((property) => `Warning: ${name}: property '${property}' does not apply to datasets of this type\n`).join("");
}

function readRequest(host: SimHost, words: Words, target: string): ReceiveRequest {
  const names = words.options.filter(({ letter }) => letter === "o" || letter === "x").map(({ value }) =>
    value.split("=")[0]!
  );
  const wrong = (text: string): ZfsFailure => new ZfsFailure(`${text}\n${usage(host, ...USAGE)}`, 2);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw wrong(`property '${twice}' specified multiple times`);
  if (words.all("o").some((value) => !value.includes("="))) throw wrong("missing '=' for property=value argument");
  for (const name of names) {
    if (!isRejected(name)) continue;
    const prefix = host.zfsAtLeast(2, 2) ? "cannot receive: cannot receive" : "cannot receive";
    throw new ZfsFailure(`${prefix}: invalid property '${name}'`);
  }
  return {
    target,
    force: words.has("F"),
    resumable: words.has("s"),
    simulated: words.has("n"),
    verbose: words.has("v"),
    local: assignmentsOf(words.all("o")),
    excluded: new Set(words.all("x")),
  };
}

function isRejected(name: string): boolean {
  if (["volsize", "volblocksize", "casesensitivity", "normalization", "utf8only", "version"].includes(name)) {
    return true;
  }
  const reason = whyNotSettable(name, "filesystem");
  return reason !== undefined && !reason.includes("does not apply") && !FIXED_IN_RAW.includes(name);
}

function abort(host: SimHost, target: string): Outcome {
  try {
    const { pool, dataset } = openDataset(host, target);
    if (!dataset.partial) {
      return { status: 1, stdout: "", stderr: `'${target}' does not have any resumable receive state to abort\n` };
    }
    if (!dataset.partial.newDataset) {
      pool.removePartial(dataset);
      return success();
    }
    if (pool.tree(target).length > 1) throw new ZfsFailure(`cannot destroy '${target}': dataset already exists`);
    pool.remove(target);
    return success();
  } catch (error) {
    if (!(error instanceof ZfsFailure) || !error.stderr.startsWith("cannot open")) throw error;
    throw new ZfsFailure(`${error.stderr}${usage(host, ...USAGE)}`, 2);
  }
}
