import type { Dataset } from "../../lib/model/dataset.ts";
import { type AppError, Retryable } from "../../lib/model/errors.ts";
import { splitVersionName } from "../../lib/model/snapshot.ts";
import type { Pipeline } from "../../lib/model/pipeline.ts";
import type { Level, Logger } from "../../lib/model/log.ts";
import { replicateDataset } from "../../lib/run/replicate/dataset.ts";
import { dryRun } from "../../lib/zfs/layers.ts";
import { RealZfs } from "../../lib/zfs/real_zfs.ts";
import type { CommandResult, Runner, RunOptions, TransferReport, World } from "../../lib/zfs/world.ts";
import { contextOf, fullCapabilities, jobOf, rootTask } from "../support/job.ts";
import { parity } from "../support/parity.ts";

interface Entry {
  readonly name: string;
  readonly guid: string;
  readonly creation: number;
}

interface ReplicateCase {
  readonly argv: readonly string[];
  readonly src: readonly Entry[];
  readonly dst: readonly Entry[] | null;
  readonly dstExists: Readonly<Record<string, boolean>>;
  readonly bookmarksEnabled: boolean;
  readonly dstZfs: string;
  readonly estimate: number;
  readonly env?: Readonly<Record<string, string>>;
}

const NOW_MS = 1730881805_000;

/** One host that answers listings from entries and takes down every change. */
class Script implements Runner {
  readonly host = "localhost";
  readonly maxCommandLineBytes = 1_000_000;
  constructor(
    readonly entries: { list: Entry[] | null },
    readonly estimate: number,
    readonly actions: unknown[],
  ) {}

  describe(argv: readonly string[]): string {
    return JSON.stringify(argv);
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    if (argv.includes("-d") && argv[argv.indexOf("-d") + 1] === "0") return Promise.resolve(this.#witness(argv));
    const stdout = this.#answer(argv);
    if (stdout === undefined) {
      return Promise.resolve({ status: 1, stdout: "", stderr: `cannot open '${argv.at(-1)}': dataset does not exist\n` });
    }
    if (!options.onLines) return Promise.resolve({ status: 0, stdout, stderr: "" });
    options.onLines(stdout);
    return Promise.resolve({ status: 0, stdout: "", stderr: "" });
  }

  #answer(argv: readonly string[]): string | undefined {
    const verb = argv.slice(0, 2).join(" ");
    if (verb === "zfs list") return this.#list(argv);
    if (verb === "zfs get") return argv.includes("receive_resume_token") ? "-\n" : "";
    if (verb === "zfs send") return `size\t${this.estimate}\n`;
    this.actions.push({ cmd: argv });
    return "";
  }

  /** Answers questions for names; the first operand is the root. */
  #witness(argv: readonly string[]): CommandResult {
    const [root = "", ...names] = argv.slice(argv.indexOf("guid,name") + 1);
    const guids = new Map(this.entries.list?.map(({ name, guid }) => [root + name, guid])).set(root, "1");
    const rows = [root, ...names].filter((name) => guids.has(name)).map((name) => `${guids.get(name)}\t${name}\n`);
    const denied = names.filter((name) => !guids.has(name));
    return {
      status: denied.length === 0 ? 0 : 1,
      stdout: rows.join(""),
      stderr: denied.map((name) => `cannot open '${name}': dataset does not exist\n`).join(""),
    };
  }

  #list(argv: readonly string[]): string | undefined {
    if (this.entries.list === null) return undefined;
    const columns = argv[argv.indexOf("-o") + 1]!.split(",");
    const types = argv[argv.indexOf("-t") + 1]!;
    if (types === "filesystem,volume") {
      const own = { volblocksize: "-", recordsize: "131072", name: argv.at(-1)! };
      const cells: Record<string, string> = { ...own, receive_resume_token: "-", origin: "-", guid: "1" };
      return `${columns.map((column) => cells[column]).join("\t")}\n`;
    }
    const dataset = { name: "", guid: "1", creation: 0 };
    return [dataset, ...this.entries.list].map((entry, index) => {
      if (entry.name.startsWith("#") && !types.includes("bookmark")) return "";
      const cells: Record<string, string> = {
        createtxg: `${index}`, // the data is given in the order of the listing
        creation: `${entry.creation}`,
        guid: entry.guid,
        name: `${argv.at(-1)}${entry.name}`,
      };
      return `${columns.map((column) => cells[column]).join("\t")}\n`;
    }).join("");
  }
}

/** Deliberate: the reference does not say that a full send replaces what nobody ever made a snapshot of. */
const OUR_OWN_LABEL = " Overwriting a destination that has no snapshots: ";

/** Deliberate: the reference does not say that it creates ancestors. */
const ANCESTORS = / Creating ancestors of the destination unless they exist: $/;

/** Deliberate: the reference does not name the snapshots that a rollback destroys. */
const NAMES_OF_LOSSES = / The rollback destroys \d+ snapshots? within $/;

/**
 * Deliberate: the reference gives `-F` to every full receive, we do where there is something to replace. Puts it in
 * where there is nothing, and something wrong if it is there.
 */
function withForce(receive: readonly string[], send: readonly string[], isAbsent: boolean): readonly string[] {
  if (!isAbsent || send.includes("-i") || send.includes("-I")) return receive;
  return ["zfs", "receive", receive.includes("-F") ? "-F is not needed" : "-F", ...receive.slice(2)];
}

/**
 * Deliberate: under --force-destroy-dependents the reference gives `-R` to `zfs destroy` of snapshots, which takes those of
 * the same names from all descendants as well; ours destroys the clones by themselves.
 */
function withoutRecursion<A extends { readonly cmd?: readonly string[] }>(action: A): A {
  const isDestroy = action.cmd?.[1] === "destroy" && action.cmd.at(-1)!.includes("@");
  return isDestroy ? { ...action, cmd: action.cmd!.filter((word) => word !== "-R") } : action;
}

/** Deliberate: where all has arrived we settle temporary bookmarks that an interrupt left; the reference leaves them. */
function withoutSettling(actions: readonly unknown[], { src, dst }: ReplicateCase): readonly unknown[] {
  const arrived = new Set(dst?.map(({ guid }) => guid));
  const left = src.filter(({ name, guid }) => name.startsWith("#.TMPBZFS.") && arrived.has(guid));
  const isAboutThose = (action: unknown): boolean =>
    left.some(({ name }) => (action as { cmd?: readonly string[] }).cmd?.[2] === `p/s${name}`);
  const isTransfer = (action: unknown): boolean => "send" in (action as object);
  return actions.some(isTransfer) ? actions : actions.filter((action) => !isAboutThose(action));
}

parity<ReplicateCase>("replicate-dataset", async (input) => {
  // Deliberate: the reference makes bookmarks in three steps, as we do with this option.
  const job = jobOf(["--promote-bookmarks", ...input.argv], input.env);
  const actions: unknown[] = [];
  const log: [string, string][] = [];
  const logger: Logger = {
    isEnabled: () => true,
    log(level: Level, label: string, text: string): void {
      if (label === "Would execute: ") actions.push({ cmd: JSON.parse(text), dry: true });
      if (label.endsWith(OUR_OWN_LABEL) || NAMES_OF_LOSSES.test(label) || ANCESTORS.test(label)) return;
      if ((level === "INFO" || level === "WARN") && text !== "") log.push([level, label + text]);
    },
  };
  const world = dryIfAsked(scriptedWorld(input, actions, logger), job.dryRun, logger);
  const existing = Object.keys(input.dstExists).filter((name) => input.dstExists[name]) as Dataset[];
  const context = contextOf({ job, world, log: logger, existing, nowMs: NOW_MS });
  let end: unknown;
  try {
    end = { descend: await replicateDataset(rootTask(context), context) === "descend" };
  } catch (error) {
    const cause = error instanceof Retryable ? error.cause : error;
    end = { failed: (cause as AppError).exitCode };
  }
  const { snapshotsFound: found, snapshotsReplicated: replicated } = context.state.counters;
  const { replaceUnrelated: force, rollbackToLatestCommon: forceCommon } = context.state.force.of({});
  return { ...end as object, actions: withoutSettling(actions, input), log, found, replicated, force, forceCommon };
}, {
  expected: (out) => {
    const { error, actions, ...rest } = out as { error?: { status: number }; actions: readonly { cmd?: string[] }[] };
    const ours = { ...rest, actions: actions.map(withoutRecursion) };
    return error ? { failed: error.status, ...ours } : ours;
  },
});

function scriptedWorld(input: ReplicateCase, actions: unknown[], log: Logger): World {
  const source = { list: [...input.src] };
  const destination = { list: input.dst === null ? null : [...input.dst] };
  const parts = {
    privilegePrefix: [],
    log,
    maxDatasetsPerListing: 1024,
    maxSnapshotsPerDelete: 1e9,
    parallelListings: 1,
    clock: { monotonicNs: () => 0 },
  };
  const features = input.bookmarksEnabled ? "enabled" : "disabled";
  return {
    source: new RealZfs({
      ...parts,
      runner: new Script(source, input.estimate, actions),
      capabilities: fullCapabilities({
        poolProperties: { "feature@bookmark_v2": features, "feature@bookmark_written": features },
      }),
    }),
    destination: new RealZfs({
      ...parts,
      runner: new Script(destination, input.estimate, actions),
      capabilities: fullCapabilities({
        zfsVersion: input.dstZfs.split(".").map(Number) as [number, number, number],
      }),
    }),
    clock: { now: () => NOW_MS, monotonicNs: () => 0, sleep: () => Promise.resolve() },
    random: { integer: (low) => low },
    async transfer(pipeline: Pipeline, { suppress, first }): Promise<TransferReport> {
      if (!suppress) await first?.separately();
      const send = pipeline.legs[0]!.stages[0]!.argv;
      const words = pipeline.legs.at(-1)!.stages.at(-1)!.argv;
      const receive = withForce(words, send, input.dst === null);
      const meter = pipeline.legs[0]!.stages.find((stage) => stage.role === "meter")!.argv;
      const option = (name: string): string | undefined =>
        meter.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
      actions.push({ send, receive, size: Number(option("size") ?? 0), sizeText: option("name"), executed: !suppress });
      if (!suppress && !receive.includes("-n")) destination.list = committed(source.list, destination.list ?? [], send);
      return { elapsedMs: 0, bytes: undefined };
    },
  };
}

/** What the destination has after a stream: the words of the send tell first and last snapshot. */
function committed(source: readonly Entry[], destination: readonly Entry[], send: readonly string[]): Entry[] {
  const nameOf = (word: string): string => {
    const { mark, tag } = splitVersionName(word)!;
    return mark + tag;
  };
  const last = source.findIndex((entry) => entry.name === nameOf(send.at(-1)!));
  const first = send.includes("-I") ? source.findIndex((entry) => entry.name === nameOf(send.at(-2)!)) + 1 : last;
  return [...destination, ...source.slice(first, last + 1).filter((entry) => entry.name.startsWith("@"))];
}

function dryIfAsked(world: World, kind: "off" | "send" | "recv", log: Logger): World {
  return kind === "off" ? world : dryRun(world, kind, log);
}
