/**
 * The proof that the source lacks what is about to be destroyed at the destination for that reason.
 *
 * What is missing from a listing may still be there: `zfs list` ends early without a word. So the source is asked for each
 * name right before it goes, between two questions for its root (`Zfs.witness`). Doubt keeps. Source:
 * docs/spec/replication.md §16.5.
 * @module
 */
import { RefusedError } from "../model/errors.ts";
import type { Guid } from "../model/snapshot.ts";
import { requireRoot } from "../zfs/witness.ts";
import type { Witness } from "../zfs/world.ts";
import type { WorkContext } from "./job/context.ts";

/** Something at the destination that is to go, and where the source would have it. */
export interface Suspect {
  /** Name of a dataset, snapshot or bookmark of the destination. */
  readonly name: string;
  /** Names at the source. None where nothing there could protect it: then the root alone must be there. */
  readonly counterparts: readonly string[];
  /** Under those names only this guid counts as the same; anything does if it is absent. */
  readonly guid?: Guid;
}

/** Names at the destination that the source was shown to lack. Only {@linkcode Absence.prove} makes one. */
export class Absence {
  readonly #lacking: ReadonlySet<string>;
  /** True if everything that was asked about is lacking. */
  readonly isComplete: boolean;
  /** What was said to the first question that got neither a row nor a denial; absent if there was none. */
  readonly #unanswered: string | undefined;

  private constructor(lacking: ReadonlySet<string>, isComplete: boolean, unanswered: string | undefined) {
    this.#lacking = lacking;
    this.isComplete = isComplete;
    this.#unanswered = unanswered;
  }

  /**
   * Throws `RefusedError` if the source did not answer a question: it cannot be read. To be called when everything that
   * was proved to be lacking is destroyed.
   */
  requireAnswers(): void {
    if (this.#unanswered === undefined) return;
    const hint = "Its pool may be failing: see zpool status -v";
    throw new RefusedError(`Cannot tell what the source has: ${this.#unanswered}`, { hint });
  }

  /** True if a dataset, snapshot or bookmark of the destination is lacking, or the dataset that it belongs to. */
  lacks(name: string): boolean {
    return this.#lacking.has(name) || this.#lacking.has(name.replace(/[@#].*/s, ""));
  }

  /**
   * Asks the source for all names of the suspects. Logs a warning about those that are kept: the source has them, or does
   * not answer clearly. Throws `RootLostError` if the root of the source is not there, `Retryable` if that is not known.
   *
   * @param mustAnswer further names that must be there or not: without an answer for each of them nothing is lacking
   */
  static async prove(
    suspects: readonly Suspect[],
    context: AbsenceContext,
    mustAnswer: readonly string[] = [],
  ): Promise<Absence> {
    const { world, roots, signal, log } = context;
    const names = new Set([...suspects.flatMap(({ counterparts }) => counterparts), ...mustAnswer]);
    const witness = await world.source.witness(roots.src, [...names], { signal });
    requireRoot(roots.src, witness.root);
    const silent = mustAnswer.map((name) => objectionIn(witness, name)).find((objection) => objection !== undefined);
    const kept = suspects.flatMap((suspect) => {
      const objection = silent ?? objectionTo(suspect, witness);
      return objection === undefined ? [] : [{ name: suspect.name, ...objection }];
    });
    const [first] = kept;
    if (first !== undefined) {
      const others = kept.length === 1 ? "" : ` and ${kept.length - 1} more`;
      const text = `${first.name}${others}: ${first.why}`;
      log.log("WARN", "Not proved to be missing at the source, hence kept: ", text);
    }
    const keptNames = new Set(kept.map(({ name }) => name));
    const lacking = suspects.map(({ name }) => name).filter((name) => !keptNames.has(name));
    return new Absence(new Set(lacking), kept.length === 0, kept.find(({ isAnswer }) => !isAnswer)?.why);
  }
}

/** What a proof needs of a pair. */
export type AbsenceContext = Pick<WorkContext, "world" | "roots" | "signal" | "log">;

/** Why something is kept. */
interface Objection {
  readonly why: string;
  /** True if the source has it; false if it did not answer. */
  readonly isAnswer: boolean;
}

function objectionTo({ counterparts, guid }: Suspect, witness: Witness): Objection | undefined {
  for (const name of counterparts) {
    const unanswered = objectionIn(witness, name);
    if (unanswered !== undefined) return unanswered;
    const answer = witness.about(name);
    if (answer.kind === "present" && (guid === undefined || answer.guid === guid)) {
      return { why: `the source has ${name}`, isAnswer: true };
    }
  }
  return undefined;
}

function objectionIn(witness: Witness, name: string): Objection | undefined {
  const answer = witness.about(name);
  return answer.kind === "unknown" ? { why: answer.why, isAnswer: false } : undefined;
}
