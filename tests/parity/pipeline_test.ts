import { plainPipelineText, watchPipeline } from "../../lib/host/pipeline_text.ts";
import { quoteWord } from "../../lib/host/shell.ts";
import { parseLocation } from "../../lib/model/location.ts";
import { formatSizeField } from "../../lib/model/number_format.ts";
import { type Pipeline, type PipelineEnd, planPipeline, type R2rMode, resolveR2r } from "../../lib/plan/pipeline.ts";
import type { BothSides, ProgramPolicy, Side } from "../../lib/plan/policy.ts";
import { assertEquals } from "../support/assert.ts";
import { parity, parityCases } from "../support/parity.ts";

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

const PV_OPTIONS =
  "--progress --timer --eta --fineta --rate --average-rate --bytes --interval=1 --width=120 --buffer-size=2M";

/** The few options that decide about pipelines. */
class Options {
  readonly #argv: readonly string[];

  constructor(argv: readonly string[]) {
    this.#argv = argv;
  }

  has(flag: string): boolean {
    return this.#argv.includes(flag);
  }

  value(name: string): string | undefined {
    return this.#argv.findLast((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  }

  words(name: string, otherwise: string): readonly string[] {
    return (this.value(name) ?? otherwise).split(" ").filter((word) => word !== "");
  }

  get programs(): ProgramPolicy {
    const name = (program: string, otherwise: string): string => this.value(`${program}-program`) ?? otherwise;
    return {
      compression: name("compression", "zstd"),
      compressionOptions: this.words("compression-program-opts", "-1"),
      mbuffer: name("mbuffer", "mbuffer"),
      mbufferOptions: this.words("mbuffer-program-opts", "-q -m 128M"),
      pv: name("pv", "pv"),
      pvOptions: this.words("pv-program-opts", PV_OPTIONS),
      ps: name("ps", "ps"),
      shell: name("shell", "sh"),
      ssh: name("ssh", "ssh"),
      sudo: name("sudo", "sudo"),
      zpool: name("zpool", "zpool"),
    };
  }
}

interface World {
  readonly options: Options;
  readonly users: BothSides<string>;
  readonly ends: BothSides<PipelineEnd>;
  readonly local: ReadonlySet<string>;
}

function worldOf(input: Pick<PipelineCase, "argv" | "programs">): World {
  const options = new Options(input.argv);
  const operands = input.argv.filter((word) => !word.startsWith("-"));
  const sides = { src: operands[0]!, dst: operands[1]! };
  const location = (side: Side): ReturnType<typeof parseLocation> =>
    parseLocation(sides[side], { user: options.value(`ssh-${side}-user`), host: options.value(`ssh-${side}-host`) });
  const detected = (host: string): ReadonlySet<string> => {
    const found = new Set(input.programs[host] ?? ALL_PROGRAMS);
    if (options.programs.shell === "-") found.delete("sh");
    return found;
  };
  const end = (side: Side): PipelineEnd => {
    const { userHost, host } = location(side);
    const port = options.value(`ssh-${side}-port`);
    return {
      userHost,
      nonlocal: !["", "127.0.0.1", "::1"].includes(host),
      port: port === undefined ? undefined : Number(port),
      configFile: options.value(`ssh-${side}-config-file`),
      programs: detected(side),
    };
  };
  return {
    options,
    users: { src: location("src").user, dst: location("dst").user },
    ends: { src: end("src"), dst: end("dst") },
    local: detected("local"),
  };
}

function requestedR2r(options: Options): R2rMode {
  return options.has("--skip-replication") ? "off" : (options.value("r2r") ?? "off") as R2rMode;
}

function sshWords({ options, ends }: World, side: Side): readonly string[] {
  const end = ends[side];
  const cipher = options.value("ssh-cipher") ?? "^aes256-gcm@openssh.com";
  return [
    ...["ssh", "-oBatchMode=yes", "-oServerAliveInterval=0", "-x", "-T"],
    ...(end.configFile === undefined ? [] : ["-F", end.configFile]),
    ...(cipher === "" ? [] : ["-c", cipher]),
    ...(end.port === undefined ? [] : ["-p", String(end.port)]),
    end.userHost,
  ];
}

function wordsOf(world: World): Parameters<typeof plainPipelineText>[1] {
  const nested = { src: sshWords(world, "src"), dst: sshWords(world, "dst") };
  const outer = {
    src: world.ends.src.userHost === "" ? [] : nested.src,
    dst: world.ends.dst.userHost === "" ? [] : nested.dst,
  };
  return { outer, nested, pvFile: "/L/run.pv" };
}

/** The pipeline of a case, and the mode that it was planned for. */
function plan(input: PipelineCase, world: World): { pipeline: Pipeline; mode: R2rMode; warnings: number } {
  const { options, ends, users, local } = world;
  const { mode, warning } = resolveR2r(requestedR2r(options), ends);
  const sudo = (side: Side): readonly string[] => {
    const isRoot = ends[side].userHost === "" || users[side] === "" ? input.uid === 0 : users[side] === "root";
    return isRoot || options.has("-p") ? [] : ["sudo", "-n"];
  };
  const pipeline = planPipeline({
    ends,
    localPrograms: local,
    send: [...sudo("src"), "zfs", "send", ...input.sendArgs],
    receive: [...sudo("dst"), "zfs", "receive", ...input.recvArgs],
    r2r: mode,
    estimate: options.has("--no-estimate-send-size") ? undefined : input.estimate,
    label: formatSizeField(input.estimate).padStart(23),
    blockSize: input.recordsize,
    programs: options.programs,
    bandwidthLimit: options.value("bwlimit"),
    minPipeTransferSize: input.minPipeSize ?? 1048576,
  });
  return { pipeline, mode, warnings: warning === undefined ? 0 : 1 };
}

parity<PipelineCase>("pipeline", (input) => {
  const world = worldOf(input);
  const { pipeline, mode, warnings } = plan(input, world);
  return { r2r: mode, warnings, command: plainPipelineText(pipeline, wordsOf(world)) };
});

parity<Pick<PipelineCase, "argv" | "programs">>("r2r-mode", (input) => {
  const { options, ends } = worldOf(input);
  const { mode, warning } = resolveR2r(requestedR2r(options), ends);
  return { mode, warned: warning !== undefined };
});

Deno.test("watchPipeline() runs the commands of the plain text, and each tells its status", async () => {
  for (const { in: input } of parityCases<PipelineCase>("pipeline")) {
    const world = worldOf(input);
    const { pipeline } = plan(input, world);
    const watched = watchPipeline(pipeline, wordsOf(world), () => "0123456789abcdef");
    const commands = pipeline.legs.flatMap((leg) => leg.stages.map((stage) => stage.argv.map(quoteWord).join(" ")));
    const stages = watched.stages.filter(({ role }) => role !== "connect");
    assertEquals(stages.map(({ command }) => command), commands);
    const told = stages.filter(({ word }) => word !== undefined).length;
    const ssh = watched.stages.length - stages.length;
    assertEquals(watched.script.split("s=$?").length - 1, told + ssh);
  }
  // A shell reads it: with -n it only looks for errors.
  const scripts = parityCases<PipelineCase>("pipeline").map(({ in: input }) => {
    const world = worldOf(input);
    return watchPipeline(plan(input, world).pipeline, wordsOf(world), () => "0123456789abcdef").script;
  });
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, scripts.join("\n"));
  const { success } = await new Deno.Command("sh", { args: ["-n", path] }).output();
  await Deno.remove(path);
  assertEquals(success, true);
});
