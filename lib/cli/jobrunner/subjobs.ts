/**
 * Subjobs of a fleet as runs of `bzfs`: what is asked of it, as values; and the words that ask for the same, for the log
 * and for processes of their own. Source: docs/spec/jobrunner.md §5.
 * @module
 */
import type { FleetAction } from "../../model/fleet.ts";
import type { ReportPolicy } from "../../model/job.ts";
import type { Subjob } from "../../plan/fleet/mod.ts";
import { NEVER } from "../../plan/limits/mod.ts";
import { BZFS_OPTIONS, type BzfsOptions } from "../options/bzfs_options.ts";
import type { OptionName } from "../options/option.ts";
import { NO_FILTERS } from "../options/values.ts";
import { writeLiteral } from "../literal/text.ts";
import { expandOperands } from "../parse/argument_file.ts";
import { type ParseOutcome, stopOutcome } from "../parse/bzfs_arguments.ts";
import { type Occurrence, occurrenceOf, occurrenceWords, planOccurrence } from "../parse/occurrence.ts";
import { ParsedArguments } from "../parse/parsed_arguments.ts";
import { makeReportPolicy } from "../settings/mod.ts";
import type { Forwarded, JobrunnerArguments } from "./arguments.ts";

/** What all subjobs of a run have in common. */
export interface SubjobContext {
  readonly args: JobrunnerArguments;
  /** What the user passes on to all subjobs. */
  readonly forwarded: Forwarded;
  /** Name of this host in names of log files. */
  readonly localhost: string;
  readonly jobRun: string;
  /** How long an earlier run of a subjob may be at work, if that is not for `bzfs` to say. */
  readonly busyLimit?: string | undefined;
  /** How a destination that is given up is told from others, and whether that is only shown. */
  readonly forget?: { readonly by: string; readonly isDry: boolean } | undefined;
  /** Settings of a plan that is applied: its file and how old it may be. */
  readonly appliedPlan?: { readonly path: string; readonly maxAge: string } | undefined;
}

/** A subjob, and what it asks of `bzfs`. */
export interface SubjobCommand extends Pick<Subjob, "name" | "action" | "source" | "destination" | "datasets"> {
  /** The first of them is the program. */
  readonly words: readonly string[];
  /**
   * What the words ask for, without a look at them. Throws `UsageError`, as parsing them would.
   *
   * @param timeoutMs the longest time of the run, which the words do not tell
   */
  readonly read: (timeoutMs?: number) => ParseOutcome;
}

/** An option of `bzfs`; its value is a text, a number or a plan. */
type Setting = readonly [OptionName<BzfsOptions>, (string | number | Subjob["plan"] | undefined)?];

/** The run of `bzfs` that a subjob is. */
export function subjobCommand(subjob: Subjob, context: SubjobContext): SubjobCommand {
  const { forwarded, busyLimit, appliedPlan: plan } = context;
  const limits: Setting[] = busyLimit === undefined ? [] : [["--busy-limit", busyLimit]];
  const plans: Setting[] = plan === undefined ? [] : [["--apply-plan", plan.path], ["--plan-max-age", plan.maxAge]];
  const settings = [...limits, ...plans, ...GENERATE[subjob.action](subjob, context)];
  const operands = subjob.operands.flatMap(({ src, dst }) => [src, dst]);
  const words = ["--no-argument-file", ...forwarded.words, ...settings.map(settingWord), "--", ...operands];
  const { name, action, source, destination, datasets } = subjob;
  return {
    name,
    action,
    source,
    destination,
    ...(datasets === undefined ? {} : { datasets }),
    words: ["bzfs", ...words],
    read: (timeoutMs) => {
      const before = timeoutMs === undefined ? [] : [settingOccurrence(["--timeout", `${timeoutMs}milliseconds`])];
      const argv = [...before.flatMap(occurrenceWords), ...words];
      const stop = stopOutcome(forwarded.parsed, argv);
      if (stop !== undefined) return stop;
      const occurrences = [
        ...before,
        settingOccurrence(["--no-argument-file"]),
        ...forwarded.parsed.occurrences,
        ...settings.map(settingOccurrence),
      ];
      const given = { operandWords: operands, operands: expandOperands(operands, undefined) };
      const parsed = { occurrences, ...given, leftovers: [], stop: undefined };
      return { kind: "arguments", arguments: new ParsedArguments(argv, BZFS_OPTIONS, parsed) };
    },
  };
}

const ROWS = new Map(BZFS_OPTIONS.map((row) => [row.name, row]));

function settingOccurrence([name, value]: Setting): Occurrence {
  const row = ROWS.get(name)!;
  if (typeof value === "object") return planOccurrence(row, value);
  return occurrenceOf(row, value === undefined ? [] : [String(value)], NO_FILTERS);
}

function settingWord([name, value]: Setting): string {
  if (value === undefined) return name;
  return `${name}=${typeof value === "object" ? writeLiteral(value) : value}`;
}

type Generate = (subjob: Subjob, context: SubjobContext) => Setting[];

const GENERATE: Readonly<Record<FleetAction, Generate>> = {
  "create-src-snapshots": (subjob, context) => [
    ["--create-src-snapshots"],
    ["--create-src-snapshots-plan", subjob.plan],
    ["--skip-replication"],
    ...logSettings(subjob, context),
    ...sshSettings(context, { src: "src" }),
  ],
  "replicate": (subjob, context) => [
    ["--include-snapshot-plan", subjob.plan],
    ...logSettings(subjob, context),
    frequency(context, "--daemon-replication-frequency"),
    ...sshSettings(context, { src: "src", dst: "dst" }),
  ],
  "forget-destination": (subjob, context) => [
    ["--skip-replication"],
    ["--forget-guards", context.forget?.by],
    ...(context.forget?.isDry ?? true ? [["--dryrun"] as Setting] : []),
    ...logSettings(subjob, context),
    ...sshSettings(context, { src: "src", dst: "dst" }),
  ],
  "prune-src-snapshots": prune(["--delete-dst-snapshots"], "src"),
  "prune-src-bookmarks": prune(["--delete-dst-snapshots", "bookmarks"], "src"),
  "prune-dst-snapshots": prune(["--delete-dst-snapshots"], "dst"),
  "monitor-src-snapshots": monitor("src"),
  "monitor-dst-snapshots": monitor("dst"),
};

/** Deleting works on what bzfs calls the destination, so a source's ssh options are passed as such. */
function prune(what: Setting, side: SideName): Generate {
  return (subjob, context) => [
    what,
    ["--skip-replication"],
    ["--delete-dst-snapshots-except-plan", subjob.plan],
    ...(side === "src" ? asideIsKept(context) : []),
    frequency(context, `--daemon-prune-${side}-frequency`),
    ...logSettings(subjob, context),
    ...sshSettings(context, { dst: side }),
  ];
}

/** What a source holds is not this fleet's to destroy, also if another one has set it aside there. */
function asideIsKept({ forwarded }: SubjobContext): Setting[] {
  const name = "--delete-aside-after";
  return forwarded.parsed.occurrences.some(({ option }) => option.name === name) ? [[name, NEVER]] : [];
}

function monitor(side: SideName): Generate {
  return (subjob, context) => [
    ["--monitor-snapshots", subjob.plan],
    ["--skip-replication"],
    frequency(context, "--daemon-monitor-snapshots-frequency"),
    ...logSettings(subjob, context),
    ...sshSettings(context, { dst: side }),
  ];
}

type SideName = "src" | "dst";
type FrequencyOption =
  | "--daemon-replication-frequency"
  | "--daemon-prune-src-frequency"
  | "--daemon-prune-dst-frequency"
  | "--daemon-monitor-snapshots-frequency";

function frequency({ args }: SubjobContext, option: FrequencyOption): Setting {
  return ["--daemon-frequency", args.text(option)];
}

function logSettings(subjob: Subjob, context: SubjobContext): Setting[] {
  const { action, serial, source, destination } = subjob;
  const hosts = [context.localhost, source, destination].map(fileNamePart).join(",");
  return [
    ["--log-file-prefix", `bzfs_jobrunner,${action},`],
    ["--log-file-infix", `,${fileNamePart(context.args.text("--job-id") ?? "")}`],
    ["--log-file-suffix", `,${fileNamePart(context.jobRun)},${serial},${hosts},`],
  ];
}

/** Where the runner's own log goes: beside those of its subjobs. Throws `RefusedError` where they would refuse, too. */
export function runnerReport({ args, forwarded, jobRun }: SubjobContext): ReportPolicy {
  const { occurrences } = forwarded.parsed;
  const parsed = { occurrences, operandWords: [], operands: [], leftovers: [], stop: undefined };
  return {
    ...makeReportPolicy(new ParsedArguments(forwarded.words, BZFS_OPTIONS, parsed)),
    filePrefix: "bzfs_jobrunner,",
    fileInfix: `,${fileNamePart(args.text("--job-id") ?? "")}`,
    fileSuffix: `,${fileNamePart(jobRun)},`,
  };
}

/** What could lead out of the folder, or be taken for a separator, becomes `!`. */
function fileNamePart(text: string): string {
  return text.replaceAll(/ |\.\.|[/\\,]/g, "!");
}

/** The ssh options of the sides of a subjob; `from` says whose options they are in the policy. */
function sshSettings({ args }: SubjobContext, from: Partial<Readonly<Record<SideName, SideName>>>): Setting[] {
  const sides = (["src", "dst"] as const).flatMap((side) =>
    from[side] === undefined ? [] : [[side, from[side]] as const]
  );
  const settings: Setting[] = [
    ...sides.map(([side, own]): Setting => [`--ssh-${side}-user`, args.text(`--ssh-${own}-user`)]),
    ...sides.map(([side, own]): Setting => [`--ssh-${side}-port`, args.number(`--ssh-${own}-port`)]),
    ...sides.map(([side, own]): Setting => [`--ssh-${side}-config-file`, args.text(`--ssh-${own}-config-file`)]),
  ];
  return settings.filter(([, value]) => value !== undefined && value !== "");
}
