/**
 * Pipelines as planned, with the real compressors, mbuffer and pv, from host to host through a real ssh: each program
 * is really run, takes the options that it is given, and the bytes arrive as they were sent.
 */
import { Processes } from "../../../../lib/host/process/process.ts";
import { runTransfer } from "../../../../lib/host/transfer/transfer.ts";
import type { Stage } from "../../../../lib/model/pipeline.ts";
import { type PipelineEnd, planPipeline, type R2rMode } from "../../../../lib/plan/replication/pipeline.ts";
import type { ProgramPolicy } from "../../../../lib/model/job.ts";
import { SILENT_LOGGER } from "../../../../lib/model/log.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { jobOf } from "../../../support/job.ts";
import { type Sshd, startSshd } from "../../../support/sshd.ts";
import { withTempFolder } from "../../../support/temp.ts";

const COMPRESSORS = ["zstd", "lz4", "pzstd", "pigz", "gzip"] as const;
const KEYS = new Set(["sh", "ssh", "sudo", "zpool", "zstd", "mbuffer", "pv", "ps"]);

interface Shape {
  readonly name: string;
  readonly src: "near" | "far";
  readonly dst: "near" | "far";
  readonly r2r?: R2rMode;
}

const LOCAL: Shape = { name: "local", src: "near", dst: "near" };
const PUSH: Shape = { name: "push", src: "near", dst: "far" };
const PULL: Shape = { name: "pull", src: "far", dst: "near" };
const PULL_PUSH: Shape = { name: "pull-push", src: "far", dst: "far" };
const R2R_PUSH: Shape = { name: "r2r push", src: "far", dst: "far", r2r: "push" };
const R2R_PULL: Shape = { name: "r2r pull", src: "far", dst: "far", r2r: "pull" };

interface Scene {
  readonly folder: string;
  readonly sshd: Sshd;
  /** Words of the master's connection, and of one without master. */
  readonly ssh: { readonly shared: readonly string[]; readonly direct: readonly string[] };
}

interface Run {
  /** What the pipeline consists of between its ends, as it should be run. */
  readonly planned: readonly string[];
  /** What was run, sorted. */
  readonly ran: readonly string[];
  readonly arrived: boolean;
  readonly elapsedMs: number;
  readonly metered: number | undefined;
}

interface Choice {
  readonly shape: Shape;
  readonly joinedBy: "shell" | "streams";
  readonly words?: readonly string[];
  readonly mebibytes?: number;
  readonly estimate?: number;
  /** Programs that no host has. */
  readonly without?: readonly string[];
}

let runs = 0;

/** Stand-ins in `bin` that note how they are called and become the real ones; names are what the command line gives. */
async function noted(programs: ProgramPolicy, bin: string, log: string): Promise<ProgramPolicy> {
  await Deno.mkdir(bin);
  const names = [programs.compression, programs.mbuffer, programs.pv];
  for (const name of names) {
    const text = `#!/bin/sh\necho "${name} $*" >> ${log}\nexec ${name} "$@"\n`;
    await Deno.writeTextFile(`${bin}/${name}`, text, { mode: 0o755 });
  }
  const [compression, mbuffer, pv] = names.map((name) => `${bin}/${name}`) as [string, string, string];
  return { ...programs, compression, mbuffer, pv };
}

async function transfer(scene: Scene, choice: Choice): Promise<Run> {
  const { shape, joinedBy, words = [], mebibytes = 1, estimate = mebibytes * 2 ** 20, without = [] } = choice;
  const folder = `${scene.folder}/run${runs++}`;
  await Deno.mkdir(folder);
  const job = jobOf(["s/a", "d/a", "--mbuffer-program-opts=-q -m 16M", ...words]);
  const programs = await noted(job.programs, `${folder}/bin`, `${folder}/log`);
  await Deno.writeTextFile(`${folder}/log`, "");
  // Half of it can be compressed.
  const half = mebibytes * 2 ** 19;
  const script = `{ head -c ${half} /dev/urandom; head -c ${half} /dev/zero; } | tee ${folder}/in`;
  const keys = new Set([...KEYS].filter((key) => !without.includes(key)));
  const end = (place: "near" | "far"): PipelineEnd => ({
    userHost: place === "near" ? "" : scene.sshd.userHost,
    nonlocal: place === "far",
    port: scene.sshd.port,
    configFile: undefined,
    programs: keys,
  });
  const pipeline = planPipeline({
    // With another port the one host that there is counts as two.
    ends: { src: end(shape.src), dst: { ...end(shape.dst), port: undefined } },
    localPrograms: keys,
    send: ["sh", "-c", script],
    receive: ["sh", "-c", `cat > ${folder}/out`],
    r2r: shape.r2r ?? "off",
    estimate,
    label: "1MiB",
    blockSize: 131072,
    programs,
    bandwidthLimit: job.replication?.bandwidthLimit,
    minPipeTransferSize: job.tuning.minPipeTransferSize,
  });
  const outer = (place: "near" | "far"): readonly string[] => place === "near" ? [] : scene.ssh.shared;
  const processes = new Processes({ log: SILENT_LOGGER });
  const report = await runTransfer(pipeline, {
    words: {
      outer: { src: outer(shape.src), dst: outer(shape.dst) },
      nested: { src: scene.ssh.direct, dst: scene.ssh.direct },
      pvFile: `${folder}/pv`,
    },
    suppress: false,
  }, {
    processes,
    log: SILENT_LOGGER,
    joinedBy,
    quiet: false,
    diagnose: () => ({ fault: "unknown" }),
    unapplied: () => [],
  }).finally(() => processes.endAll());
  const isRun = ({ role }: Stage): boolean =>
    !["send", "receive", ...(joinedBy === "streams" ? ["meter"] : [])].includes(role);
  const stages = pipeline.legs.flatMap((leg) => leg.stages).filter(isRun);
  const [sent, received] = await Promise.all([Deno.readFile(`${folder}/in`), Deno.readFile(`${folder}/out`)]);
  const sameBytes = sent.length === received.length && sent.every((byte, i) => byte === received[i]);
  const run: Run = {
    planned: stages.map(({ argv }) => argv.join(" ").slice(`${folder}/bin/`.length)),
    ran: (await Deno.readTextFile(`${folder}/log`)).trim().split("\n").filter((line) => line !== "").sort(),
    arrived: sameBytes && sent.length === mebibytes * 2 ** 20,
    elapsedMs: report.elapsedMs,
    metered: report.bytes,
  };
  assertEquals(run.ran, run.planned.toSorted(), shape.name);
  assert(run.arrived, shape.name);
  return run;
}

async function withServer(act: (scene: Scene) => Promise<void>): Promise<void> {
  await withTempFolder(async (folder) => {
    const sshd = await startSshd(folder);
    const direct = ["ssh", "-oBatchMode=yes", "-x", "-T", "-F", sshd.configFile, "-p", `${sshd.port}`, sshd.userHost];
    const shared = [...direct.slice(0, -1), "-S", `${folder}/socket`, sshd.userHost];
    const control = async (...words: readonly string[]): Promise<void> => {
      const args = [...shared.slice(1, -1), ...words];
      await new Deno.Command("ssh", { args, stderr: "null" }).output();
    };
    try {
      await control("-M", "-oControlPersist=60s", sshd.userHost, "exit");
      await act({ folder, sshd, ssh: { shared, direct } });
    } finally {
      await control("-O", "exit", sshd.userHost);
      await sshd.stop();
    }
  });
}

/** Which ways each compressor goes; what does not depend on it is tried with the first alone. */
function waysOf(compressor: string): readonly Pick<Choice, "shape" | "joinedBy">[] {
  const isFirst = compressor === COMPRESSORS[0];
  const byShell = [PUSH, PULL, PULL_PUSH, R2R_PUSH, ...(isFirst ? [R2R_PULL] : [])];
  const byStreams = [PUSH, PULL, ...(isFirst ? [PULL_PUSH] : [])];
  return [
    ...byShell.map((shape) => ({ shape, joinedBy: "shell" }) as const),
    ...byStreams.map((shape) => ({ shape, joinedBy: "streams" }) as const),
  ];
}

async function carries(compressor: string, scene: Scene): Promise<void> {
  const words = [`--compression-program=${compressor}`, "--bwlimit=100m"];
  for (const { shape, joinedBy } of waysOf(compressor)) {
    const { planned, metered } = await transfer(scene, { shape, joinedBy, words });
    const text = planned.join("\n");
    assertStringIncludes(text, `${compressor} -c -1`);
    assertStringIncludes(text, `${compressor} -dc`);
    assertStringIncludes(text, "mbuffer -s 2097152 -q -m 16M -R 100M");
    assertStringIncludes(text, "mbuffer -s 2097152 -q -m 16M -r 100M");
    assertEquals(text.includes("pv "), joinedBy === "shell" && shape.r2r === undefined);
    if (shape.r2r !== undefined) assertEquals(metered, undefined);
    // In the middle pv sees what was compressed.
    else if (shape === PULL_PUSH) assert(metered! >= 2 ** 19 && metered! < 2 ** 20, `${metered}`);
    else assertEquals(metered, 2 ** 20);
  }
}

async function leavesSmallStreamsAlone(scene: Scene): Promise<void> {
  const smallest = jobOf(["s/a", "d/a"]).tuning.minPipeTransferSize;
  for (const shape of [PUSH, PULL, PULL_PUSH]) {
    const small = await transfer(scene, { shape, joinedBy: "shell", estimate: smallest - 1 });
    assertEquals(small.ran.map((line) => line.split(" ")[0]), ["pv"]);
    const large = await transfer(scene, { shape, joinedBy: "shell", estimate: smallest });
    assert(large.ran.length >= 5, large.ran.join("\n"));
  }
}

async function keepsToTheRate(scene: Scene): Promise<void> {
  for (const joinedBy of ["shell", "streams"] as const) {
    const local = await transfer(scene, { shape: LOCAL, joinedBy, words: ["--bwlimit=2m"], mebibytes: 2 });
    assert(local.elapsedMs > 800, `${local.elapsedMs} ms for a second's worth`);
  }
  const words = ["--bwlimit=4m"];
  const choice = { shape: PUSH, joinedBy: "shell", words, mebibytes: 4, without: ["pv", "zstd"] } as const;
  const buffered = await transfer(scene, choice);
  assertEquals(buffered.planned.map((line) => line.split(" ")[0]), ["mbuffer", "mbuffer"]);
  assert(buffered.elapsedMs > 800, `${buffered.elapsedMs} ms for a second's worth`);
}

Deno.test("pipelines of real programs", (t) =>
  withServer(async (scene) => {
    for (const compressor of COMPRESSORS) {
      await t.step(`${compressor}, mbuffer and pv carry a stream between any two hosts`, () =>
        carries(compressor, scene));
    }
    await t.step("small streams go as they are", () =>
      leavesSmallStreamsAlone(scene));
    await t.step("pv limits the rate, and mbuffer where there is no pv", () => keepsToTheRate(scene));
  }));
