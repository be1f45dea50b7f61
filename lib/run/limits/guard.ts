/**
 * The limits of one run on what it destroys at the destinations of one host: what may go, what has gone, what is held back.
 *
 * What is doomed is rationed first (`plan/limits/limit.ts`), from the same listing from which that was decided. What may go is
 * remembered here, and `run/destroy.ts` destroys nothing else. Source: docs/spec/snapshots.md §8.
 * @module
 */
import type { Dataset } from "../../model/dataset.ts";
import type { Guid } from "../../model/snapshot.ts";
import type { Job, LimitPolicy } from "../../model/job.ts";
import { compileRegexes, type Pattern } from "../../model/regex/regex.ts";
import { counted } from "../../model/text/mod.ts";
import {
  describeLimit,
  isOwn,
  type Loss,
  type LossKind,
  lossName,
  ORDINARY,
  type Permit,
  permitOf,
  ration,
  UNLIMITED,
} from "../../plan/limits/mod.ts";
import type { HoldReason, NamedLoss, PairEvent, PhaseName, Recorder } from "../../report/events.ts";

/** What was destroyed of each dataset, and of each tree, by guid: as far as it counts. One for all pairs of a run. */
export type DestroyedCounts = Map<string, Set<Guid>>;

/** A loss that is doomed. */
export interface DoomedLoss {
  readonly loss: Loss;
  /** False for what is no surprise. */
  readonly isLimited: boolean;
}

/** What is asked about losses of one dataset, or of one tree. */
export interface LossQuestion {
  /** The dataset, or the root of the tree. */
  readonly place: Dataset;
  readonly what: LossKind;
  readonly doomed: readonly DoomedLoss[];
  /** What of it can be counted now, the doomed ones included. */
  readonly all: number;
  /** Nothing of it goes unless everything may. */
  readonly isWhole?: boolean;
  /** Something stands in the way whatever the limit says, for example a foreign snapshot; a permit overrules it. */
  readonly obstacle?: string | undefined;
  /** Other work cannot go on without it: also what an applied plan does not hold is then for a person to decide. */
  readonly blocks?: boolean;
}

/** What is told with. */
export interface Telling {
  readonly job: Pick<Job, "dryRun">;
  readonly recorder: Recorder<PairEvent>;
  readonly phase: PhaseName;
}

/** What may go, and what has gone. */
export class DeletionGuard {
  readonly #policy: LimitPolicy;
  readonly #permit: Permit;
  readonly #counts: DestroyedCounts;
  readonly #host: string;
  /** Where a loss counts that may go, by guid and name; nowhere if it does not count. */
  readonly #admitted = new Map<string, Set<Guid> | undefined>();
  readonly #alarm: (text: string) => void;
  readonly #told: Set<string>;
  readonly #held = new Set<string>();
  /** Patterns of names that are not foreign; `undefined` = none is. */
  readonly own: readonly Pattern[] | undefined;

  constructor(policy: LimitPolicy, { permit, counts, host, alarm, told }: {
    readonly permit: Permit;
    readonly counts: DestroyedCounts;
    /** `user@host` of the destination. */
    readonly host: string;
    /** Says on standard error what a person has to decide. */
    readonly alarm: (text: string) => void;
    /** What was said already, in other rounds of a daemon. */
    readonly told: Set<string>;
  }) {
    this.#alarm = alarm;
    this.#told = told;
    this.#policy = policy;
    this.#permit = permitOf(policy.allowed, permit);
    this.#counts = counts;
    this.#host = host;
    this.own = policy.ownNames && compileRegexes(policy.ownNames, "name");
  }

  /** True if something was held back. */
  get holdsBack(): boolean {
    return this.#held.size > 0;
  }

  /** True if there is anything to decide. */
  get isOn(): boolean {
    const { versions, datasets } = this.#policy;
    return versions !== UNLIMITED || datasets !== UNLIMITED || this.own !== undefined || this.#permit !== ORDINARY;
  }

  /**
   * Decides which losses may go, says once what is held back, and tells it, and what a person has permitted, as events. To be
   * asked again after a new listing.
   */
  admit(question: LossQuestion, context: Telling): ReadonlySet<Loss> {
    const { place, what, doomed, all, isWhole = false, obstacle, blocks = false } = question;
    if (!this.isOn || doomed.length === 0) return new Set(doomed.map(({ loss }) => loss));
    const count = this.#countOf(what, place);
    const now = new Set(doomed.map(({ loss }) => loss.guid));
    const before = [...count].filter((guid) => !now.has(guid)).length;
    const limit = what === "dataset" ? this.#policy.datasets : this.#policy.versions;
    const rows = doomed.map(({ loss, isLimited }) => ({
      item: loss,
      isLimited,
      verdict: this.#permit.verdictOn(loss),
    }));
    const { counted: within, uncounted, permitted, beyond, refused } = ration(rows, { limit, before, all });
    const losses = doomed.map(({ loss }) => loss);
    const hold = (held: readonly Loss[], reason: HoldReason, why: string): void => {
      const told = reason === "limit" ? { limit: describeLimit(limit) } : {};
      if (held.length > 0) this.#tell({ place, what, held, reason, why, all: before + all, blocks, ...told }, context);
    };
    const isObstructed = obstacle !== undefined && permitted.length < losses.length;
    if (isObstructed || (isWhole && beyond.length + refused.length > 0)) {
      if (isObstructed) hold(losses, "foreign", obstacle);
      else if (refused.length > 0) hold(losses, "not-in-plan", "the applied plan does not hold all of it");
      else hold(losses, "limit", `more than ${describeLimit(limit)}`);
      return new Set();
    }
    hold(beyond, "limit", `more than ${describeLimit(limit)}`);
    hold(refused, "not-in-plan", "the applied plan does not hold it");
    if (permitted.length > 0) {
      context.recorder.record({ event: "permitted", ...aboutOf(place, context), ...namesOf(what, permitted) });
    }
    for (const loss of within) this.#admitted.set(keyOf(loss), count);
    for (const loss of [...uncounted, ...permitted]) this.#admitted.set(keyOf(loss), undefined);
    return new Set([...within, ...uncounted, ...permitted]);
  }

  /**
   * True if the snapshots of a dataset may go with it: they do not count. Not if one of them is foreign, or refused, which is
   * said as {@linkcode admit} does.
   */
  admitWithDataset(losses: readonly Loss[], context: Telling): boolean {
    const [first] = losses;
    if (!this.isOn || first === undefined) return true;
    const obstacle = this.obstacleIn(losses.map(({ tag }) => tag));
    const doomed = losses.map((loss) => ({ loss, isLimited: false }));
    const question = {
      place: first.dataset,
      what: "snapshot",
      doomed,
      all: losses.length,
      isWhole: true,
      obstacle,
    } as const;
    return this.admit(question, context).size > 0;
  }

  /** Why versions of these names may not go together with others; `undefined` if nothing speaks against it. */
  obstacleIn(tags: readonly string[]): string | undefined {
    const foreign = tags.find((tag) => !isOwn(tag, this.own));
    return foreign === undefined ? undefined : `${foreign} is foreign`;
  }

  /** True if all of these may go: they are about to, and count from now on. */
  spend(losses: readonly Loss[]): boolean {
    if (!this.isOn) return true;
    if (!losses.every((loss) => this.#admitted.has(keyOf(loss)))) return false;
    for (const loss of losses) this.#admitted.get(keyOf(loss))?.add(loss.guid);
    return true;
  }

  /** Tells, as an event, what is held back along with something else that is: a plan has to hold it, too. */
  tellAlong(losses: readonly Loss[], context: Telling, reason: HoldReason = "limit"): void {
    for (const [what, some] of Map.groupBy(losses, (loss) => loss.what)) {
      const about = { ...aboutOf(some[0]!.dataset, context), ...namesOf(what, some) };
      context.recorder.record({ event: "held-back", ...about, reason, of: some.length });
    }
  }

  /** Says that the applied plan does not hold what other work waits for. */
  holdRefused(loss: Loss, context: Telling): void {
    const why = "the applied plan does not hold it";
    const about = { place: loss.dataset, what: loss.what, held: [loss], reason: "not-in-plan", why, all: 1 } as const;
    this.#tell({ ...about, blocks: true }, context);
  }

  /** True if a plan is applied that does not hold this. */
  refuses(loss: Loss): boolean {
    return this.#permit.verdictOn(loss) === "refused";
  }

  #countOf(what: LossKind, place: Dataset): Set<Guid> {
    const key = `${this.#host}\n${what}\n${place}`;
    const count = this.#counts.get(key) ?? new Set();
    this.#counts.set(key, count);
    return count;
  }

  #tell({ place, what, held, reason, why, all, blocks, ...told }: {
    readonly place: Dataset;
    readonly what: Loss["what"];
    readonly held: readonly Loss[];
    readonly reason: HoldReason;
    readonly why: string;
    readonly all: number;
    readonly blocks: boolean;
    readonly limit?: string;
  }, context: Telling): void {
    const about = { ...aboutOf(place, context), ...namesOf(what, held) };
    const event = { event: "held-back", ...about, reason, of: all, ...told } as const;
    if (reason === "not-in-plan" && !blocks) return context.recorder.record(event);
    const key = `held back ${this.#host} ${what} ${place} ${reason}`;
    if (this.#held.has(key)) return;
    this.#held.add(key);
    const isCut = held.length > MOST_SHOWN;
    const names = held.slice(0, MOST_SHOWN).map((loss) => what === "dataset" ? loss.dataset : loss.tag);
    const amount = what === "changes"
      ? `a rollback of ${place}`
      : `${held.length} of ${counted(all, what)} of ${place}`;
    const text = `${context.job.dryRun === "off" ? "" : "Dry "}held back: ${amount}, ${why}: ${names.join(", ")}${
      isCut ? ", …" : ""
    }`;
    if (!this.#told.has(key)) this.#alarm(text);
    this.#told.add(key);
    context.recorder.record(event);
  }
}

/** Names that a message about what is held back shows. */
const MOST_SHOWN = 3;

function keyOf({ dataset, what, tag, guid }: Loss): string {
  return `${guid} ${what} ${dataset}@${tag}`;
}

function aboutOf(dataset: Dataset, { phase, job }: Telling): {
  readonly phase: PhaseName;
  readonly side: "dst";
  readonly dataset: string;
  readonly performed: boolean;
} {
  return { phase, side: "dst", dataset, performed: job.dryRun === "off" };
}

function namesOf(what: Loss["what"], losses: readonly Loss[]): {
  readonly what: Loss["what"];
  readonly losses: readonly NamedLoss[];
} {
  return { what, losses: losses.map((loss) => ({ name: lossName(loss), guid: loss.guid })) };
}
