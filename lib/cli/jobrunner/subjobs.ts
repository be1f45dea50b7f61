/**
 * Subjobs of a fleet as command lines of `bzfs`. Source: docs/spec/jobrunner.md §5.
 * @module
 */
import type { FleetAction } from "../../model/fleet.ts";
import type { Subjob } from "../../plan/fleet/mod.ts";
import type { JobrunnerArguments } from "./arguments.ts";
import { writeLiteral } from "../literal/text.ts";

/** What all subjobs of a run have in common. */
export interface SubjobContext {
  readonly args: JobrunnerArguments;
  /** Words that the user passes on to all subjobs. */
  readonly forwarded: readonly string[];
  /** Name of this host in names of log files. */
  readonly localhost: string;
  readonly jobRun: string;
  /** How long an earlier run of a subjob may be at work, if that is not for `bzfs` to say. */
  readonly busyLimit?: string | undefined;
}

/** A subjob and its words, the first of which is the program. */
export interface SubjobCommand {
  readonly name: string;
  readonly words: readonly string[];
}

/** The command line of a subjob. */
export function subjobCommand(subjob: Subjob, context: SubjobContext): SubjobCommand {
  const limits = context.busyLimit === undefined ? [] : [`--busy-limit=${context.busyLimit}`];
  const generated = [...limits, ...GENERATE[subjob.action](subjob, context)];
  const operands = subjob.operands.flatMap(({ src, dst }) => [src, dst]);
  return {
    name: subjob.name,
    words: ["bzfs", "--no-argument-file", ...context.forwarded, ...generated, "--", ...operands],
  };
}

type Generate = (subjob: Subjob, context: SubjobContext) => string[];

const GENERATE: Readonly<Record<FleetAction, Generate>> = {
  "create-src-snapshots": (subjob, context) => [
    "--create-src-snapshots",
    `--create-src-snapshots-plan=${writeLiteral(subjob.plan)}`,
    "--skip-replication",
    ...logWords(subjob, context),
    ...sshWords(context, { src: "src" }),
  ],
  "replicate": (subjob, context) => [
    `--include-snapshot-plan=${writeLiteral(subjob.plan)}`,
    ...logWords(subjob, context),
    frequency(context, "--daemon-replication-frequency"),
    ...sshWords(context, { src: "src", dst: "dst" }),
  ],
  "prune-src-snapshots": prune("--delete-dst-snapshots", "src"),
  "prune-src-bookmarks": prune("--delete-dst-snapshots=bookmarks", "src"),
  "prune-dst-snapshots": prune("--delete-dst-snapshots", "dst"),
  "monitor-src-snapshots": monitor("src"),
  "monitor-dst-snapshots": monitor("dst"),
};

/** Deleting works on what bzfs calls the destination, so a source's ssh options are passed as such. */
function prune(what: string, side: SideName): Generate {
  return (subjob, context) => [
    what,
    "--skip-replication",
    `--delete-dst-snapshots-except-plan=${writeLiteral(subjob.plan)}`,
    frequency(context, `--daemon-prune-${side}-frequency`),
    ...logWords(subjob, context),
    ...sshWords(context, { dst: side }),
  ];
}

function monitor(side: SideName): Generate {
  return (subjob, context) => [
    `--monitor-snapshots=${writeLiteral(subjob.plan)}`,
    "--skip-replication",
    frequency(context, "--daemon-monitor-snapshots-frequency"),
    ...logWords(subjob, context),
    ...sshWords(context, { dst: side }),
  ];
}

type SideName = "src" | "dst";
type FrequencyOption =
  | "--daemon-replication-frequency"
  | "--daemon-prune-src-frequency"
  | "--daemon-prune-dst-frequency"
  | "--daemon-monitor-snapshots-frequency";

function frequency({ args }: SubjobContext, option: FrequencyOption): string {
  return `--daemon-frequency=${args.text(option)}`;
}

function logWords(subjob: Subjob, context: SubjobContext): string[] {
  const { action, serial, source, destination } = subjob;
  const hosts = [context.localhost, source, destination].map(fileNamePart).join(",");
  return [
    `--log-file-prefix=bzfs_jobrunner,${action},`,
    `--log-file-infix=,${fileNamePart(context.args.text("--job-id") ?? "")}`,
    `--log-file-suffix=,${fileNamePart(context.jobRun)},${serial},${hosts},`,
  ];
}

/** What could lead out of the folder, or be taken for a separator, becomes `!`. */
function fileNamePart(text: string): string {
  return text.replaceAll(/ |\.\.|[/\\,]/g, "!");
}

/** The ssh options of the sides of a subjob; `from` says whose options they are in the policy. */
function sshWords({ args }: SubjobContext, from: Partial<Readonly<Record<SideName, SideName>>>): string[] {
  const sides = (["src", "dst"] as const).flatMap((side) =>
    from[side] === undefined ? [] : [[side, from[side]] as const]
  );
  return [
    ...sides.map(([side, own]) => [`--ssh-${side}-user`, args.text(`--ssh-${own}-user`)] as const),
    ...sides.map(([side, own]) => [`--ssh-${side}-port`, args.number(`--ssh-${own}-port`)] as const),
    ...sides.map(([side, own]) => [`--ssh-${side}-config-file`, args.text(`--ssh-${own}-config-file`)] as const),
  ].filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => `${name}=${value}`);
}
