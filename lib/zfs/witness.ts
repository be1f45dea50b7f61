/**
 * Questions for single names: what to say to `zfs`, and what its answers prove.
 *
 * `zfs list` ignores failures of its iterations (openzfs `cmd/zfs/zfs_iter.c`), so that what is missing from a listing
 * may still be there. Opening by name goes through none of them: it ends with a row, with a denial, or with another
 * error.
 * @module
 */
import type { Dataset } from "../model/dataset.ts";
import { isDecimal } from "../model/text/mod.ts";
import { Retryable, RootLostError } from "../model/errors.ts";
import type { Guid } from "../model/snapshot.ts";
import { complaintAbout, deniedNames } from "./diagnosis.ts";
import type { Answer, CommandResult, Witness } from "./world.ts";

/**
 * Limits of one command. A name that is denied costs a line of stderr, of which 64 KiB are kept: the name and 41 bytes
 * more.
 */
export const WITNESS_LIMITS = { maxItems: 512, maxBytes: 24 * 1024 } as const;

/** `zfs list` of a root and of names. The root comes first and last: its pool was there before and after the others. */
export function witnessCommand(root: Dataset, names: readonly string[]): string[] {
  const types = [
    "filesystem,volume",
    ...(names.some((name) => name.includes("@")) ? ["snapshot"] : []),
    ...(names.some((name) => name.includes("#")) ? ["bookmark"] : []),
  ];
  const operands = names.length === 0 ? [root] : [root, ...names, root];
  return ["zfs", "list", "-t", types.join(","), "-d", "0", "-Hp", "-o", "guid,name", ...operands];
}

/**
 * Reads the end of a {@linkcode witnessCommand}; a row that cannot be read, or is about something else, is returned.
 */
export function readWitness(
  root: Dataset,
  names: readonly string[],
  { stdout, stderr }: CommandResult,
): ReadonlyMap<string, Answer> | { readonly unreadable: string } {
  const rows = new Map<string, Guid>();
  const asked = new Set<string>([root, ...names]);
  for (const row of stdout.split("\n")) {
    if (row === "") continue;
    const tab = row.indexOf("\t");
    const [guid, name] = [row.slice(0, Math.max(0, tab)), row.slice(tab + 1)];
    if (!isDecimal(guid) || !asked.has(name)) return { unreadable: row };
    rows.set(name, guid as Guid);
  }
  const denied = deniedNames(stderr);
  const answerOf = (name: string): Answer => {
    const guid = rows.get(name);
    const isDenied = denied.has(name);
    if (guid !== undefined && isDenied) return { kind: "unknown", why: "it is there and not there" };
    if (guid !== undefined) return { kind: "present", guid };
    if (isDenied) return { kind: "absent" };
    return { kind: "unknown", why: complaintAbout(name, stderr) ?? "zfs does not answer the question for it" };
  };
  return new Map([...asked].map((name) => [name, answerOf(name)]));
}

/** Puts the answers of several commands together. */
export function witnessOf(root: Dataset, answers: readonly ReadonlyMap<string, Answer>[]): Witness {
  const all = new Map<string, Answer>(answers.flatMap((some) => [...some]));
  const rootAnswer = worst(answers.map((some) => some.get(root)!));
  const why = `${root} cannot be shown to be there`;
  return {
    root: rootAnswer,
    about: (name) => {
      if (name === root) return rootAnswer;
      const answer = rootAnswer.kind === "present" ? all.get(name) : undefined;
      return answer ?? { kind: "unknown", why };
    },
  };
}

/** Throws `RootLostError` if a root was denied, `Retryable` if the answer is not clear. */
export function requireRoot(root: Dataset, answer: Answer): void {
  if (answer.kind === "absent") throw new RootLostError(root, "zfs says that it does not exist");
  if (answer.kind === "unknown") throw new Retryable(new RootLostError(root, answer.why));
}

/** Absent if it was absent once, present only if it was always there. */
function worst(answers: readonly Answer[]): Answer {
  return answers.find(({ kind }) => kind === "absent") ?? answers.find(({ kind }) => kind === "unknown") ?? answers[0]!;
}
