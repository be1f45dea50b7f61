/**
 * Which stages a send/receive pipeline has on which host (docs/spec/replication.md §10.1, §10.2, §10.4).
 *
 * A pipeline is data: `host/transfer/pipeline_text.ts` turns it into shell text, `host/transfer/transfer.ts` runs it,
 * the simulator interprets its first and last stage. What only the host knows (ssh words, path of the pv file) is added
 * there.
 * @module
 */
import type { BothSides, HostAddress, ProgramPolicy, Side } from "../../model/job.ts";
import type { Leg, Pipeline, Stage } from "../../model/pipeline.ts";

/** How two remote hosts exchange a stream: by way of us, or one fetches from or sends to the other. */
export type R2rMode = "off" | "pull" | "push";

/** What the decision needs to know about one end. */
export interface PipelineEnd extends HostAddress {
  /** False for no host and for loopback addresses. */
  readonly nonlocal: boolean;
  /** Keys of detected programs, as in `Capabilities.programs`. */
  readonly programs: ReadonlySet<string>;
}

/** Everything that decides about the stages of one transfer. */
export interface PipelineRequest {
  readonly ends: BothSides<PipelineEnd>;
  /** Keys of programs detected on this host. */
  readonly localPrograms: ReadonlySet<string>;
  /** Words of the sending command, privilege prefix included. */
  readonly send: readonly string[];
  /** Words of the receiving command, privilege prefix included. */
  readonly receive: readonly string[];
  /** Effective mode: see {@linkcode resolveR2r}. */
  readonly r2r: R2rMode;
  /** Estimated bytes; `undefined` = not estimated, which counts as large. */
  readonly estimate: number | undefined;
  /** What `pv` shows as name of the transfer: the padded size text. */
  readonly label: string;
  /** recordsize, or −volblocksize of a volume. */
  readonly blockSize: number;
  readonly programs: ProgramPolicy;
  readonly bandwidthLimit: string | undefined;
  readonly minPipeTransferSize: number;
}

/** The mode that will be used, and why it is not the one that was asked for. */
export interface R2rDecision {
  readonly mode: R2rMode;
  readonly warning: string | undefined;
}

/** Effective remote-to-remote mode of a pair; `requested` is `off` when nothing is replicated. */
export function resolveR2r(requested: R2rMode, ends: BothSides<PipelineEnd>): R2rDecision {
  if (requested === "off" || !ends.src.nonlocal || !ends.dst.nonlocal) return { mode: "off", warning: undefined };
  const joiner: Side = requested === "pull" ? "dst" : "src";
  const other: Side = requested === "pull" ? "src" : "dst";
  if (!ends[joiner].programs.has("sh")) return fallBack(requested, `requires sh on ${joiner} host`, ends[joiner]);
  if (isSameRemote(ends)) return { mode: requested, warning: undefined };
  if (!ends[joiner].programs.has("ssh")) return fallBack(requested, `requires ssh on ${joiner} host`, ends[joiner]);
  const config = ends[other].configFile;
  if (config !== undefined && config !== "none") {
    return fallBack(requested, `cannot use --ssh-${other}-config-file on ${joiner} host`, ends[joiner]);
  }
  return { mode: requested, warning: undefined };
}

/** Decides about the stages of one transfer. */
export function planPipeline(request: PipelineRequest): Pipeline {
  const has = decideStages(request);
  const src: Leg = { host: "src", stages: sourceStages(request, has) };
  const dst: Leg = { host: "dst", stages: destinationStages(request, has) };
  if (request.r2r === "off") {
    return { via: "local", legs: [src, { host: "local", stages: middleStages(request, has) }, dst] };
  }
  const via: Side = request.r2r === "pull" ? "dst" : "src";
  if (isSameRemote(request.ends)) return { via, legs: [src, dst] };
  return { via, nested: via === "dst" ? "src" : "dst", legs: [src, dst] };
}

/** True if the pipeline has a stage that writes to the pv file. */
export function isMetered(pipeline: Pipeline): boolean {
  return pipeline.legs.some((leg) => leg.stages.some((stage) => stage.role === "meter"));
}

/** What decides whether a pair's transfers can be limited. */
export type LimitRequest = Pick<
  PipelineRequest,
  "ends" | "localPrograms" | "r2r" | "programs" | "bandwidthLimit"
>;

/** What to say of a limit that nothing keeps: not even a large transfer has a stage for it. */
export function limitWarning(request: LimitRequest): string | undefined {
  if (request.bandwidthLimit === undefined) return undefined;
  const nothing = { send: [], receive: [], label: "", blockSize: 0, estimate: undefined, minPipeTransferSize: 0 };
  const { legs } = planPipeline({ ...request, ...nothing });
  const isKept = legs.some(({ stages }) => stages.some(({ role }) => role === "meter" || role === "buffer"));
  if (isKept) return undefined;
  return `--bwlimit=${request.bandwidthLimit} has no effect: neither pv nor mbuffer can be part of these transfers`;
}

interface Decisions {
  readonly compression: boolean;
  readonly buffer: Readonly<Record<Side | "local", boolean>>;
  readonly meter: Side | "local" | undefined;
}

function decideStages(request: PipelineRequest): Decisions {
  const { ends, programs, r2r } = request;
  const large = request.estimate === undefined || request.estimate >= request.minPipeTransferSize;
  const networked = ends.src.nonlocal || ends.dst.nonlocal;
  const mayExtend = large && networked;
  const srcPipe = hasPipe("src", request);
  const dstPipe = hasPipe("dst", request);
  const both = (key: string): boolean => ends.src.programs.has(key) && ends.dst.programs.has(key);
  const buffered = programs.mbuffer !== "-";
  return {
    compression: mayExtend && srcPipe && dstPipe && programs.compression !== "-" && both("zstd"),
    buffer: {
      src: mayExtend && buffered && srcPipe && ends.src.programs.has("mbuffer"),
      dst: mayExtend && buffered && dstPipe && ends.dst.programs.has("mbuffer"),
      local: large && buffered && r2r === "off" && ends.src.nonlocal && ends.dst.nonlocal &&
        request.localPrograms.has("mbuffer"),
    },
    meter: meterPlace(request, srcPipe, dstPipe),
  };
}

/** Without a shell to join them, or where one host does both ends, a leg is only its zfs command. */
function hasPipe(side: Side, request: PipelineRequest): boolean {
  return request.ends[side].programs.has("sh") && (request.r2r === "off" || !isSameRemote(request.ends));
}

function meterPlace(request: PipelineRequest, srcPipe: boolean, dstPipe: boolean): Side | "local" | undefined {
  const { ends, programs } = request;
  if (request.r2r !== "off" || programs.pv === "-" || !request.localPrograms.has("pv")) return undefined;
  if (ends.src.userHost === "") return srcPipe ? "src" : undefined;
  if (ends.dst.userHost === "") return dstPipe ? "dst" : undefined;
  return "local";
}

function sourceStages(request: PipelineRequest, has: Decisions): readonly Stage[] {
  const stages: Stage[] = [{ role: "send", argv: request.send }];
  if (has.meter === "src") stages.push(meter(request, "with-size"));
  if (has.compression) stages.push(compress(request.programs));
  if (has.buffer.src) stages.push(buffer(request, "-R"));
  return stages;
}

function middleStages(request: PipelineRequest, has: Decisions): readonly Stage[] {
  const stages: Stage[] = [];
  if (has.buffer.local) stages.push(buffer(request, "-r"));
  if (has.meter === "local") {
    // Here pv sees the compressed stream, whose size nobody knows.
    stages.push(meter(request, has.compression ? "without-size" : "with-size"));
    if (has.buffer.local) stages.push(buffer(request, "-r"));
  }
  return stages;
}

function destinationStages(request: PipelineRequest, has: Decisions): readonly Stage[] {
  const stages: Stage[] = [];
  if (has.buffer.dst) stages.push(buffer(request, "-r"));
  if (has.compression) stages.push({ role: "decompress", argv: [request.programs.compression, "-dc"] });
  if (has.meter === "dst") stages.push(meter(request, "with-size"));
  stages.push({ role: "receive", argv: request.receive });
  return stages;
}

function compress(programs: ProgramPolicy): Stage {
  return { role: "compress", argv: [programs.compression, "-c", ...programs.compressionOptions] };
}

function buffer(request: PipelineRequest, limitOption: "-R" | "-r"): Stage {
  const { mbuffer, mbufferOptions } = request.programs;
  const blockSize = Math.max(Math.abs(request.blockSize), 2 ** 21);
  const limit = request.bandwidthLimit === undefined ? [] : [limitOption, request.bandwidthLimit.toUpperCase()];
  return { role: "buffer", argv: [mbuffer, "-s", String(blockSize), ...mbufferOptions, ...limit] };
}

function meter(request: PipelineRequest, size: "with-size" | "without-size"): Stage {
  const { pv, pvOptions } = request.programs;
  const argv = [pv, ...pvOptions];
  if (request.bandwidthLimit !== undefined) argv.push(`--rate-limit=${request.bandwidthLimit}`);
  argv.push("--force", `--name=${request.label}`);
  if (size === "with-size" && request.estimate !== undefined) argv.push(`--size=${request.estimate}`);
  return { role: "meter", argv };
}

function isSameRemote(ends: BothSides<PipelineEnd>): boolean {
  const { src, dst } = ends;
  return src.userHost === dst.userHost && src.port === dst.port && src.configFile === dst.configFile;
}

function fallBack(requested: R2rMode, why: string, end: PipelineEnd): R2rDecision {
  return { mode: "off", warning: `--r2r=${requested} ${why}: ${end.userHost}, falling back to --r2r=off.` };
}
