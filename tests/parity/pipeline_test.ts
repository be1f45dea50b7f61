import { type PipelineWords, plainPipelineText, watchPipeline } from "../../lib/host/transfer/pipeline_text.ts";
import { quoteWord } from "../../lib/host/process/shell.ts";
import { sshWords } from "../../lib/host/ssh/words.ts";
import { isNonlocal, type Location, parseLocation } from "../../lib/model/location.ts";
import { formatSizeField } from "../../lib/model/text/number_format.ts";
import type { Pipeline } from "../../lib/model/pipeline.ts";
import { type PipelineEnd, planPipeline, type R2rMode, resolveR2r } from "../../lib/plan/replication/pipeline.ts";
import type { BothSides, Job, Side } from "../../lib/model/job.ts";
import { privilegesOf } from "../../lib/plan/privileges.ts";
import { assertEquals } from "../support/assert.ts";
import { jobOf } from "../support/job.ts";
import { parity, parityCases } from "../support/parity.ts";
import { withGuards } from "../support/ssh_guards.ts";

interface PipelineCase {
  readonly argv: readonly string[];
  readonly uid: number;
  readonly programs: Readonly<Record<string, readonly string[]>>;
  readonly minPipeSize: number | null;
  readonly recordsize: number;
  readonly estimate: number;
  readonly sendArgs: readonly string[];
  readonly recvArgs: readonly string[];
}

const ALL_PROGRAMS = ["sh", "ssh", "sudo", "zpool", "zstd", "mbuffer", "pv", "ps"];

/** A job, and where it works. */
interface Setting {
  readonly job: Job;
  readonly locations: BothSides<Location>;
  readonly ends: BothSides<PipelineEnd>;
  readonly local: ReadonlySet<string>;
}

function settingOf(input: Pick<PipelineCase, "argv" | "programs"> & Partial<PipelineCase>): Setting {
  const { minPipeSize } = input;
  const job = jobOf(input.argv, minPipeSize === null || minPipeSize === undefined ? {} : { bzfs_min_pipe_transfer_size: `${minPipeSize}` });
  const operands = job.pairs[0]!;
  const location = (side: Side): Location => parseLocation(operands[side], job.hosts[side]);
  const locations = { src: location("src"), dst: location("dst") };
  const detected = (host: string): ReadonlySet<string> => {
    const found = new Set(input.programs[host] ?? ALL_PROGRAMS);
    if (job.programs.shell === "-") found.delete("sh");
    return found;
  };
  const end = (side: Side): PipelineEnd => {
    const { port, configFile } = job.hosts[side];
    const { userHost } = locations[side];
    return { userHost, nonlocal: isNonlocal(locations[side]), port, configFile, programs: detected(side) };
  };
  return { job, locations, ends: { src: end("src"), dst: end("dst") }, local: detected("local") };
}

function requestedR2r({ job }: Setting): R2rMode {
  return job.replication?.r2r ?? "off";
}

function wordsOf({ job, ends }: Setting): PipelineWords {
  const { programs: { ssh: program }, hosts: { cipher } } = job;
  const settings = { program, cipher, verbosity: 0, serverAliveIntervalSecs: 0, forwardsAgent: false };
  const direct = { src: sshWords(ends.src, settings), dst: sshWords(ends.dst, settings) };
  return { outer: direct, nested: direct, pvFile: "/L/run.pv" };
}

/** The pipeline of a case, and the mode that it was planned for. */
function plan(input: PipelineCase, setting: Setting): { pipeline: Pipeline; mode: R2rMode; warnings: number } {
  const { job, ends, locations, local } = setting;
  const { mode, warning } = resolveR2r(requestedR2r(setting), ends);
  const prefix = (side: Side): readonly string[] => {
    const { userHost, user } = locations[side];
    const { elevatePrivileges: elevate } = job.hosts;
    return privilegesOf({ uid: input.uid, userHost, user, elevate, sudoProgram: job.programs.sudo }).prefix;
  };
  // With --skip-replication the reference still plans a pipeline when it is asked for one.
  const policy = job.replication ?? jobOf(input.argv.filter((word) => word !== "--skip-replication")).replication!;
  const pipeline = planPipeline({
    ends,
    localPrograms: local,
    send: [...prefix("src"), "zfs", "send", ...input.sendArgs],
    receive: [...prefix("dst"), "zfs", "receive", ...input.recvArgs],
    r2r: mode,
    estimate: policy.estimateSize ? input.estimate : undefined,
    label: formatSizeField(input.estimate).padStart(23),
    blockSize: input.recordsize,
    programs: job.programs,
    bandwidthLimit: policy.bandwidthLimit,
    minPipeTransferSize: job.tuning.minPipeTransferSize,
  });
  return { pipeline, mode, warnings: warning === undefined ? 0 : 1 };
}

parity<PipelineCase>("pipeline", (input) => {
  const setting = settingOf(input);
  const { pipeline, mode, warnings } = plan(input, setting);
  return { r2r: mode, warnings, command: plainPipelineText(pipeline, wordsOf(setting)) };
}, {
  // The words of ssh that we add are a deliberate difference.
  expected: (answer) => {
    const { command, ...rest } = answer as { readonly command: string };
    return { ...rest, command: withGuards(command) };
  },
});

parity<Pick<PipelineCase, "argv" | "programs">>("r2r-mode", (input) => {
  const setting = settingOf(input);
  const { mode, warning } = resolveR2r(requestedR2r(setting), setting.ends);
  return { mode, warned: warning !== undefined };
});

Deno.test("watchPipeline() runs the commands of the plain text, and each tells its status", async () => {
  for (const { in: input } of parityCases<PipelineCase>("pipeline")) {
    const setting = settingOf(input);
    const { pipeline } = plan(input, setting);
    const watched = watchPipeline(pipeline, wordsOf(setting), () => "0123456789abcdef");
    const commands = pipeline.legs.flatMap((leg) => leg.stages.map((stage) => stage.argv.map(quoteWord).join(" ")));
    const stages = watched.stages.filter(({ role }) => role !== "connect");
    assertEquals(stages.map(({ command }) => command), commands);
    const told = stages.filter(({ word }) => word !== undefined).length;
    const ssh = watched.stages.length - stages.length;
    assertEquals(watched.script.split("s=$?").length - 1, told + ssh);
  }
  // A shell reads it: with -n it only looks for errors.
  const scripts = parityCases<PipelineCase>("pipeline").map(({ in: input }) => {
    const setting = settingOf(input);
    return watchPipeline(plan(input, setting).pipeline, wordsOf(setting), () => "0123456789abcdef").script;
  });
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, scripts.join("\n"));
  const { success } = await new Deno.Command("sh", { args: ["-n", path] }).output();
  await Deno.remove(path);
  assertEquals(success, true);
});
