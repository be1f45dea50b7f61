/**
 * The law of foreign text: whatever others print, reading it takes time in proportion to its length.
 *
 * Each function that reads such text is in a table and meets the worst that is known: digits, blanks, line feeds, quotes,
 * one endless line, and beginnings of what it looks for, over and over. Four times the text may take eight times the CPU
 * (of this process, the least of several runs), not more. A second test sees to it that no function is forgotten.
 */
import { Tail } from "../../lib/host/process/byte_tail.ts";
import { readLines, readTail, readText } from "../../lib/host/process/output.ts";
import {
  greetingOf,
  isForeignShell,
  linesOf,
  readHostFacts,
  readPoolProperties,
  readZfsVersion,
} from "../../lib/host/detection.ts";
import { readTogether } from "../../lib/host/shells/together.ts";
import { StageReports } from "../../lib/host/transfer/stage_reports.ts";
import type { Dataset } from "../../lib/model/dataset.ts";
import { readPlans } from "../../lib/plan/limits/remembered.ts";
import { readNvlist } from "../../lib/model/nvlist/nvlist.ts";
import type { Guid } from "../../lib/model/snapshot.ts";
import { CommandError } from "../../lib/model/errors.ts";
import { TransferError } from "../../lib/model/transfer_error.ts";
import { objectionTo, openToken, readToken } from "../../lib/plan/replication/resume_token.ts";
import { openPlan } from "../../lib/report/plan_file/sealed.ts";
import { Progress } from "../../lib/report/progress.ts";
import { parsePvLine, showsMotion, splitPvLines, totalBytesOf } from "../../lib/report/pv_lines.ts";
import { formatRecord, lengthOf, padTo } from "../../lib/report/record.ts";
import { redactText, redactWords } from "../../lib/report/redaction.ts";
import { readMetricsHead } from "../../lib/report/status/metrics_head.ts";
import { readState } from "../../lib/report/status/state_text.ts";
import * as visible from "../../lib/report/visible.ts";
import * as diagnosis from "../../lib/zfs/diagnosis.ts";
import * as doctor from "../../lib/zfs/doctor/answers.ts";
import * as dialect from "../../lib/zfs/dialect.ts";
import { eachLine, longLineIn } from "../../lib/zfs/lines.ts";
import { ListedHistory, RowCollector } from "../../lib/zfs/listed_history.ts";
import { readWitness } from "../../lib/zfs/witness.ts";
import type { HistoryListing } from "../../lib/zfs/world.ts";
import { assertEquals } from "../support/assert.ts";
import { jobOf } from "../support/job.ts";

type Reader = (text: string) => unknown;

/** Functions by module, each as it gets text; what makes it work hard besides {@linkcode UNITS}. */
interface ModuleReaders {
  readonly readers: Readonly<Record<string, Reader>>;
  /** Pieces that are repeated. */
  readonly units?: readonly string[];
  /** What comes before them. */
  readonly heads?: readonly string[];
  /** What comes behind them, in addition to nothing and `x`. */
  readonly tails?: readonly string[];
  /** Other exports: they say something to programs, or stand on the readers of the table. */
  readonly others?: readonly string[];
}

const { programs } = jobOf(["p/s", "q/d"]);
const DATASET = "p/d" as Dataset;
const LISTING: HistoryListing = { bookmarks: true, creation: true, holds: true, written: true };
const DATASETS = { recursive: true, blockSizes: true, snapshotsChanged: true, partials: true } as const;
const STAGES = [{
  id: 0,
  role: "send",
  host: "h",
  command: "c",
  word: "bzfs-stage-0123456789abcdef",
  parent: undefined,
}] as const;
const ENCODER = new TextEncoder();
const LIMITS = { mostBytes: Infinity };

/** A stream of the text in many reads. */
function streamOf(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = Uint8Array.from(ENCODER.encode(text));
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller): void {
      if (at >= bytes.length) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else controller.enqueue(bytes.slice(at, at += 1000));
    },
  }) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

function collected(text: string): unknown {
  const collector = new RowCollector([DATASET], LISTING);
  for (let at = 0; at < text.length; at += 1000) collector.take(text.slice(at, at + 1000));
  collector.take(text);
  return [collector.unreadable, collector.unseen.size, collector.rows.get(DATASET)!.length];
}

/** Rows that were accepted, as many characters as the text has, the newest first, read in all ways. */
function listed(text: string): unknown {
  const row = (index: number): string => `${1e6 - index}\t1\t0\t0\t5\tp/d@some-tag\n`;
  const rows = Array.from({ length: text.length / row(0).length }, (_, index) => row(index)).join("");
  const history = new ListedHistory(DATASET, rows, LISTING);
  return [history.versions.length, history.guids.length, [...history.newestFirst()].length, history.count];
}

const TABLE: Readonly<Record<string, ModuleReaders>> = {
  "report/plan_file/sealed.ts": {
    readers: { openPlan: (text) => openPlan(text, (all) => String(all.length)) },
    others: ["sealPlan"],
    units: ['{"kind":"bzfs-plan","format":1,"runs":[', "[", '"\\u0000'],
    heads: ['{"kind":"bzfs-plan","format":1,"runs":['],
    tails: ["]}"],
  },
  "zfs/doctor/answers.ts": {
    readers: {
      failureText: (text) =>
        doctor.failureText(new CommandError({ command: "c", host: "h", status: 1, stderr: text, fault: "unknown" })),
      faultOf: (text) => [0, 1].map((status) => doctor.faultOf(["zfs", "list"], { status, stdout: "", stderr: text })),
      readSystem: (text) => doctor.readSystem(text, { sentMs: 0, receivedMs: 9 }),
      readVersions: doctor.readVersions,
      readPool: (text) => {
        const result = { status: 0, stdout: text, stderr: text };
        return [doctor.readPool(result, result), doctor.readPool({ ...result, status: 1 }, undefined)];
      },
      readDataset: doctor.readDataset,
      readMissing: (text) => doctor.readMissing(["p/d"], { status: 1, stdout: "", stderr: text }),
      VersionNotes: (text) => {
        const notes = new doctor.VersionNotes();
        eachLine((line) => notes.take(line))(text);
        return notes;
      },
      readPartials: doctor.readPartials,
      readGrants: (text) => doctor.readGrants(text, "p/d", { user: "u", groups: ["g"] }),
    },
    units: [
      "bzfs-doctor:has x /y\n",
      "1\t1\tp@x\n",
      "---- Permissions on p ----\n",
      "scan: scrub \n",
      "\tuser u a,b\n",
      "- ",
    ],
    heads: [
      "bzfs-doctor:",
      "---- Permissions on ",
      "scan: scrub repaired",
      "cannot open 'p/d': dataset does not exist\n",
    ],
    tails: ["\nbzfs-doctor:end "],
  },
  "zfs/diagnosis.ts": {
    readers: {
      isGone: diagnosis.isGone,
      goneDatasets: diagnosis.goneDatasets,
      libzfsError: diagnosis.libzfsError,
      deniedNames: diagnosis.deniedNames,
      complaintAbout: (text) => diagnosis.complaintAbout("p/d", text),
      isCreatedAnyway: diagnosis.isCreatedAnyway,
      isBookmarkExists: diagnosis.isBookmarkExists,
      diagnose: diagnosis.diagnose,
      unappliedProperties: diagnosis.unappliedProperties,
      isTransferProcess: (text) => [text, `zfs receive ${text}`].map(diagnosis.isTransferProcess),
      busyProcess: (text) => [`${text} p/d`, text, `zfs receive ${text} p/d`].map(diagnosis.busyProcess("p/d", true)),
    },
    units: [
      "bookmark '",
      "': no such pool '",
      ": it's being held ",
      "incremental source 0",
      "cannot ",
      "#",
      "/sudo ",
      "zfs ",
    ],
    heads: [
      "cannot open '",
      "cannot destroy '",
      "cannot destroy snapshot ",
      "cannot resume send",
      "sudo",
      "zfs receive ",
    ],
    tails: ["\u2028x"],
  },
  "report/visible.ts": {
    readers: {
      isPlain: visible.isPlain,
      visible: visible.visible,
      headlineOf: visible.headlineOf,
      pasteable: visible.pasteable,
      indented: visible.indented,
      quoted: visible.quoted,
      jsonOf: visible.jsonOf,
    },
    units: ["\x1b[2J", "\r\n", "\u202e", "%", "\\", "'"],
  },
  "zfs/dialect.ts": {
    readers: {
      readDatasetRow: (text) => dialect.readDatasetRow(text, DATASETS),
      readValueRow: dialect.readValueRow,
      readSnapshotsChanged: dialect.readSnapshotsChanged,
      readHasToken: dialect.readHasToken,
      readPropertyNames: dialect.readPropertyNames,
      readPropertyRows: (text) => dialect.readPropertyRows(text, ["a", "b"]),
      readPropertyRecord: dialect.readPropertyRecord,
      readEstimate: dialect.readEstimate,
      readFreedBytes: dialect.readFreedBytes,
    },
    units: ["would reclaim 1", "size\t1", "a\tb\n", "1.", "B"],
    heads: ["size\t", "would reclaim ", "reclaim\t"],
    others: ["estimateArguments"],
  },
  "zfs/witness.ts": {
    readers: {
      readWitness: (text) => {
        const command = { status: 1, stdout: text, stderr: text };
        return [readWitness(DATASET, ["p/d@1"], command), readWitness(DATASET, ["p/d@1"], { ...command, stdout: "" })];
      },
    },
    units: ["1\tp/d\n", "cannot open 'p/d@1': dataset does not exist\n"],
    heads: ["cannot open '"],
    others: ["requireRoot", "witnessOf"],
  },
  "zfs/lines.ts": {
    readers: {
      eachLine: (text) => eachLine(() => {})(text),
      longLineIn: (text) => [longLineIn(text, 10), longLineIn(text, 1e6)],
    },
  },
  "zfs/listed_history.ts": {
    readers: { RowCollector: collected, ListedHistory: listed },
    units: [
      "1\t1\t0\t0\t5\tp/d\n",
      "1\t1\t0\t0\t5\tp/d@1\n",
      "1\t1\t0\t0\t5\tp/d\n1\t1\t0\t0\t5\tp/d@1\n",
      "1\t1\t0\t0\t1",
      "\tp/d@",
    ],
    heads: ["1\t1\t0\t0\t5\tp/d", "1\t1\t0\t0\t", "1\t"],
    others: ["goneHistory"],
  },
  "host/detection.ts": {
    readers: {
      readHostFacts: (text) =>
        readHostFacts([`uname-${text}`, `getconf_cpu_count-${text}`, ...linesOf(text)], programs),
      linesOf,
      readZfsVersion: (text) => {
        try {
          return readZfsVersion(text);
        } catch (error) {
          return error;
        }
      },
      readPoolProperties,
      greetingOf,
      isForeignShell,
    },
    units: ["1.", "1.1", "feature@a\tb\n", "feature@", "\r\n"],
    heads: ["zfs-", "default_shell-", "guid"],
    others: ["detectionScript"],
  },
  "host/process/output.ts": {
    readers: {
      readText: (text) => readText(streamOf(text), LIMITS),
      readTail: (text) => readTail(streamOf(text), LIMITS),
      readLines: (text) => readLines(streamOf(text), () => {}, { ...LIMITS, longLines: "drop" }),
    },
    others: ["OutputExcess", "eachChunk"],
  },
  "host/process/byte_tail.ts": {
    readers: {
      Tail: (text) => {
        const tail = new Tail();
        const bytes = ENCODER.encode(text);
        for (let at = 0; at < bytes.length; at += 20) tail.push(bytes.subarray(at, at + 20));
        return tail.text();
      },
    },
    others: ["concat", "newDecoder"],
  },
  "host/shells/together.ts": {
    readers: { readTogether: (text) => readTogether(text, "w", 9) },
    others: ["togetherText"],
    units: ["\nw 0\n", "\nw "],
  },
  "host/transfer/stage_reports.ts": {
    readers: {
      StageReports: (text) => {
        const reports = new StageReports(STAGES);
        const reader = reports.reader();
        const bytes = ENCODER.encode(text);
        for (let at = 0; at < bytes.length; at += 100) reader.feed(bytes.subarray(at, at + 100));
        reader.feed(bytes);
        reader.end();
        return [reports.culprit(1), reports.text()];
      },
    },
    units: ["bzfs-stage-", "bzfs-stage-0123456789abcdef 0", "bzfs-stage-0123456789abcdef 0 1\n", "b"],
  },
  "report/pv_lines.ts": {
    readers: {
      parsePvLine: (text) => tried(() => parsePvLine(text)),
      totalBytesOf: (text) => tried(() => totalBytesOf(text)),
      splitPvLines,
      showsMotion: (text) => tried(() => showsMotion(splitPvLines(text))),
    },
    units: ["ETA 1", "ETA 1:00:00 ", "/s ", ":", "x: 1B\r", "1,"],
    heads: ["x: ", "x: 1B ", "x: 1B ETA "],
  },
  "report/progress.ts": {
    readers: {
      Progress: (text) => {
        const progress = new Progress({ intervalNs: 1e9, windowNs: 1e9 }, 0);
        for (let at = 0; at < text.length; at += 1000) tried(() => progress.read("f", text.slice(at, at + 1000), at));
        return progress.line(1e9, "");
      },
    },
    units: ["x: 1B\r"],
    heads: ["x: "],
    others: ["progressIntervals", "describeFinalStatistics"],
  },
  "report/redaction.ts": {
    readers: { redactText, redactWords: (text) => redactWords([text, "--zfs-recv-program-opt", text]) },
    units: ["a:b=", "='", " -oa:b='", "1-1-1-", "1-", "f", "'\"'\"'", "a:"],
    heads: ["keylocation=", "a:b='", "1-1-1-"],
  },
  "report/status/metrics_head.ts": {
    readers: { readMetricsHead },
    others: ["metricsHead"],
    units: ['{"jobFile":', "[", "# bzfs status of ", '"\\u0000'],
    heads: ["# bzfs status of ", '# bzfs status of {"jobFile":"', '# bzfs status of {"jobId":['],
  },
  "report/status/state_text.ts": {
    readers: { readState: (text) => readState(text) },
    units: ['{"a":', "[", '{"format":1,', '"\\u0000'],
    heads: ['{"format":1,"program":"bzfs","runs":['],
  },
  "report/record.ts": {
    readers: {
      formatRecord: (
        text,
      ) => [
        formatRecord({ level: "STDOUT", label: "", text }, ""),
        formatRecord({ level: "WARN", label: text, text }, ""),
      ],
      padTo: (text) => padTo(text, 1e6).length,
      lengthOf,
    },
    units: ["😀"],
  },
  "model/transfer_error.ts": {
    readers: {
      TransferError: (text) => {
        const culprit = { role: "send", host: "h", command: "c", status: 1 };
        const facts = { culprit, culpritStderr: text, stages: [culprit], stderr: text, fault: "unknown" } as const;
        return new TransferError(facts).message;
      },
    },
  },
  "model/nvlist/nvlist.ts": {
    readers: {
      readNvlist: (text) => readNvlist(ENCODER.encode(`\0\x01\0\0\0\0\0\0\x01\0\0\0${text}`)),
    },
    units: ["\x20\0\0\0\x02\0\0\0\x01\0\0\0\x08\0\0\0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"],
  },
  "plan/replication/resume_token.ts": {
    readers: {
      openToken: (text) => openToken(text),
      readToken: (text) => readToken([{ name: "toname", value: text }, { name: text, value: true }]),
      objectionTo: (text) =>
        objectionTo({ name: text, guid: "1" as Guid, fromGuid: undefined, raw: false }, {
          source: "p/d",
          selected: new Set(),
          base: undefined,
          snapshots: new Set(),
          versions: new Set(),
        }),
    },
    units: ["1-1-1-", "ab"],
    heads: ["1-1-1-"],
    others: ["rawModeQuestion"],
  },
  "plan/limits/remembered.ts": {
    readers: { readPlans: (text) => readPlans(text) },
    units: ['{"a":', '["a",'],
    heads: ['{"format":1,"plans":[{"plan":{"a/b/daily":"1"},"datasets":[', '{"format":1,"plans":['],
    others: [
      "cutsOf",
      "datasetOfRemembered",
      "isUncut",
      "ownersOf",
      "rememberedFileName",
      "rememberedName",
      "writePlans",
    ],
  },
};

function tried(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

const UNITS = [
  "1",
  " ",
  "\n",
  "\t",
  "'",
  '"',
  "a",
  "\r",
  "\r\n",
  "\u2028",
  "\0",
  "@",
  "/",
  "-",
  "0.0",
  " \n",
  "\t\n",
  "' '",
];
const SMALL = 16 * 1024;
const MOST = 8;

/** The part of Node's `process` that is used: microseconds of CPU of this process. */
interface NodeProcess {
  cpuUsage(
    since?: { readonly user: number; readonly system: number },
  ): { readonly user: number; readonly system: number };
}

const { process } = globalThis as unknown as { readonly process: NodeProcess };

/** CPU milliseconds of so many calls. */
async function cpuOf(read: Reader, text: string, calls: number): Promise<number> {
  const start = process.cpuUsage();
  for (let call = 0; call < calls; call++) await read(text);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** What is too small to be measured. Nothing that grows faster than in proportion is so fast with four times {@linkcode SMALL}. */
const NOISE_MS = 3;

/** What takes so long, and many times as long as a quarter of the text, is too slow. */
const CERTAIN_MS = 20;

/**
 * Undefined if the reader is linear with such a text; otherwise what was measured. Another process, or a collection of
 * garbage, may make any single measurement slow. So a text is made four times as long again and again: only what takes
 * more than {@linkcode MOST} times as long each time, up to {@linkcode CERTAIN_MS}, grows faster than in proportion.
 */
async function objection(read: Reader, textOf: (length: number) => string): Promise<string | undefined> {
  let [length, text] = [SMALL, textOf(SMALL)];
  let longer = textOf(4 * length);
  if (await cpuOf(read, longer, 1) < NOISE_MS) return undefined;
  for (;;) {
    const [few, many] = await leastOf(read, text, longer);
    if (many < NOISE_MS || many <= MOST * few) return undefined;
    const measured = `${length} bytes: ${few.toFixed(2)} ms, ${4 * length} bytes: ${many.toFixed(2)} ms`;
    if (many >= CERTAIN_MS) return measured;
    [length, text] = [4 * length, longer];
    longer = textOf(4 * length);
  }
}

/** CPU milliseconds of a text and of a longer one: the least of several runs, until they are in proportion. */
async function leastOf(read: Reader, text: string, longer: string): Promise<readonly [number, number]> {
  let [few, many] = [Infinity, Infinity];
  for (let run = 0; run < 8; run++) {
    const calls = Math.max(1, Math.ceil(NOISE_MS / Math.max(0.05, await cpuOf(read, text, 1))));
    few = Math.min(few, await cpuOf(read, text, calls) / calls);
    many = Math.min(many, await cpuOf(read, longer, calls) / calls);
    if (many < NOISE_MS || run >= 1 && (many <= MOST * few || many >= CERTAIN_MS)) break;
  }
  return [few, many];
}

for (const [module, { readers, units = [], heads = [], tails = [] }] of Object.entries(TABLE)) {
  for (const [name, read] of Object.entries(readers)) {
    Deno.test(`foreign text is read in proportion to its length: ${name} of ${module}`, async () => {
      for (const unit of [...UNITS, ...units]) {
        for (const head of ["", ...heads]) {
          for (const tail of ["", "x", ...tails]) {
            const textOf = (length: number): string => head + unit.repeat(length / unit.length) + tail;
            assertEquals(await objection(read, textOf), undefined, JSON.stringify([head, unit, tail]));
          }
        }
      }
    });
  }
}

/** Modules that take texts apart, but none that others have printed; folders end in `/`. */
const OTHER_MODULES: Readonly<Record<string, string>> = {
  "app/": "what the user wrote, and records of our own processes",
  "cli/": "what the user wrote",
  "host/files/": "paths, and files of our own in folders that are ours alone",
  "host/output/log_files.ts": "names of folders of our own, at most 255 characters",
  "host/output/output_path.ts": "a path of the user's",
  "host/output/print.ts": "a file of the executable's own",
  "host/output/report_files.ts": "the first 16 KiB of a file, which metrics_head.ts reads",
  "host/output/syslog.ts": "records, of which line feeds are taken out",
  "host/process/environment.ts": "the environment",
  "host/process/group_signals.ts": "numbers that our own shell prints",
  "host/process/inherited.ts": "numbers that our own shell prints",
  "host/process/process.ts": "numbers that our own shell prints",
  "host/process/self.ts": "numbers that ps prints",
  "host/process/shell.ts": "words of commands",
  "host/shells/frame.ts": "in one pass, of which no more than a mark is kept; see frame_test.ts",
  "host/shells/live_shells.ts": "one line of at most 64 KiB, split at one character",
  "host/ssh/connections.ts": "one line of ssh, of which two characters at its beginning are looked at",
  "host/ssh/dead_sockets.ts": "names and files of our own, in folders that are ours alone",
  "host/ssh/sockets.ts": "names and files of our own, in folders that are ours alone",
  "host/system.ts": "the password file, and what the user wrote",
  "host/transfer/pv_file.ts": "names of files of our own",
  "host/transfer/transfer.ts": "what pv_file.ts keeps of pv's text, one look at each line",
  "host/zoneinfo.ts": "the system's files of time zones",
  "model/capabilities.ts": "a guid, at most 20 digits of it",
  "model/errors.ts": "hints of our own",
  "model/location.ts": "what the user wrote",
  "model/regex/": "what the user wrote",
  "model/snapshot.ts": "one search for one character",
  "model/text/": "numbers of our own, and what the user wrote",
  "model/time/": "the system's files of time zones, and what the user wrote",
  "plan/comparison.ts": "texts of our own",
  "plan/dataset_selection.ts": "a value of a property, split at commas",
  "plan/doctor/": "texts that zfs/doctor/answers.ts has cut to a length",
  "plan/fleet/": "what the user wrote",
  "plan/labels.ts": "tags, at most 1024 characters",
  "plan/limits/limit.ts": "what the user wrote",
  "plan/plan_labels.ts": "tags, at most 1024 characters, and what the user wrote",
  "plan/replication/bookmarks.ts": "names of our own",
  "plan/replication/conflicts.ts": "messages of our own, of which the state keeps 500 characters",
  "plan/replication/properties.ts": "what the user wrote, and names of properties, at most 256 characters",
  "plan/replication/send_options.ts": "what the user wrote",
  "plan/replication/set_aside.ts": "names of datasets, at most 255 characters",
  "plan/retention.ts": "names of snapshots, split at one character",
  "plan/status/": "names of datasets, at most 255 characters",
  "plan/task_schedule.ts": "names of datasets, at most 255 characters",
  "report/doctor/": "texts that zfs/doctor/answers.ts has cut to a length",
  "report/fleet/health.ts": "split at one character",
  "report/plan_file/fold.ts": "names of snapshots, split at one character",
  "report/plan_file/table.ts": "reasons of our own, and names of datasets and snapshots, each line by itself",
  "report/logger.ts": "one search for one character",
  "report/meter.ts": "what the user wrote",
  "report/schedule/": "what the user wrote",
  "report/status/page/": "templates of our own, and each text in one pass",
  "report/status/prometheus.ts": "each text in one pass",
  "report/status/table.ts": "each text in one pass",
  "report/syslog.ts": "records of our own, in one pass",
  "run/": "names, values and words of commands, split at one character",
  "zfs/batching.ts": "words of commands",
  "zfs/real_zfs.ts": "hands texts to the readers of the table",
  "zfs/version_rows.ts": "reads rows for listed_history.ts, at most 1024 characters each",
};

const TAKES_APART =
  /\.(?:exec|test|match|matchAll|split|replace|replaceAll|search)\(|RegExp\(|JSON\.parse|TextDecoder|\.output\(\)/;
const LIB = new URL("../../lib/", import.meta.url);

function* modulesBelow(folder: string): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, LIB))) {
    if (isDirectory) yield* modulesBelow(`${folder}${name}/`);
    else yield folder + name;
  }
}

Deno.test("no module that takes texts apart is forgotten, and none is named that does not", () => {
  const modules = [...modulesBelow("")].filter((path) => TAKES_APART.test(Deno.readTextFileSync(new URL(path, LIB))));
  const named = (path: string): string | undefined =>
    Object.keys(OTHER_MODULES).find((other) => path === other || other.endsWith("/") && path.startsWith(other));
  assertEquals(modules.filter((path) => !(path in TABLE) && named(path) === undefined), []);
  assertEquals(Object.keys(OTHER_MODULES).filter((other) => !modules.some((path) => named(path) === other)), []);
});

Deno.test("no function of a module that reads foreign text is forgotten", async () => {
  for (const [path, { readers, others = [] }] of Object.entries(TABLE)) {
    const module: Readonly<Record<string, unknown>> = await import(new URL(path, LIB).href);
    const functions = Object.keys(module).filter((name) => typeof module[name] === "function");
    const wanted = [...Object.keys(readers), ...others].sort();
    assertEquals(functions.filter((name) => !name.endsWith("Command")).sort(), wanted, path);
  }
});
