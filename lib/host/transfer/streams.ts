/**
 * Runs the commands of a pipeline without a shell: each is a process of its own, and web streams join them.
 *
 * Costs two to five times the CPU of kernel pipes; for hosts without `sh`, and for strict set-ups
 * (docs/spec/replication.md §10.7). Keeps the order of causes that shells keep: an end of a pipe is closed only after
 * the end of its process was noted.
 * @module
 */
import type { LocalCommand } from "./pipeline_text.ts";
import { Meter } from "./meter.ts";
import { type Child, type Processes, startFailureText } from "../process/process.ts";
import { isSettledWithin } from "../process/patience.ts";
import { PvFile } from "./pv_file.ts";
import { StageReports } from "./stage_reports.ts";
import { abortable, endOf, OutputReading, type Supervision, type TransferEnd, watchForDeadEnd } from "./end.ts";

/** How long the rest may take once all processes have been signalled to end. One that belongs to root need not obey. */
const FINISH_MS = 2000;

/** Runs the pipeline to its end. Rejects only with the signal's reason, once all processes are gone. */
export async function superviseByStreams(supervision: Supervision): Promise<TransferEnd> {
  const { watched, processes, signal } = supervision;
  const reports = new StageReports(watched.stages);
  const output = new OutputReading(processes.listing);
  const links = startAll(supervision, reports);
  const breaking = new AbortController();
  const givenUp = Promise.withResolvers<void>();
  const supervised = superviseLinks(links, supervision, reports, output, breaking.signal);
  const stop = async (): Promise<void> => {
    // What cannot be killed by us, such as a command under sudo, ends with the pipes around it.
    breaking.abort();
    await Promise.all(links.map(({ child }) => child?.terminate()));
    await isSettledWithin(supervised, FINISH_MS);
    givenUp.resolve();
  };
  output.onStop = stop;
  const forget = watchForDeadEnd(reports, supervision, stop);
  const settle = (): Promise<unknown> => Promise.all([forget(), output.stopped]);
  await abortable(signal, stop, () => Promise.race([supervised, givenUp.promise])).finally(settle);
  return endOf(reports, output, 0);
}

/** Moves the bytes, and resolves when all processes have ended. */
async function superviseLinks(
  links: readonly Link[],
  { goesPastUs, pvFile }: Supervision,
  reports: StageReports,
  output: OutputReading,
  breaking: AbortSignal,
): Promise<void> {
  for (const { child, command } of links) {
    if (child !== undefined) output.collectStderr(child.stderr, reports, command.id);
  }
  const last = links.at(-1)!;
  if (last.child?.stdout !== undefined) output.collectStdout(last.child.stdout);
  const pumps = links.slice(1).map((link, index) => {
    const meter = link.meter && new Meter(link.meter.argv, new PvFile(pvFile));
    return pump(links[index]!, link, meter, breaking);
  });
  await Promise.all(pumps);
  for (const { meter } of links) if (meter !== undefined) reports.add(meter.id, 0);
  await Promise.all(links.map(({ ended }) => ended));
  if (goesPastUs) await links[0]!.child?.stdin?.close().catch(() => {});
  await output.finish();
}

/** A process of the chain. */
interface Link {
  readonly command: LocalCommand;
  /** The meter in front of it, if any. */
  readonly meter: LocalCommand | undefined;
  /** Absent if it could not be started. */
  readonly child: Child | undefined;
  /** Resolves when its end has been noted. */
  readonly ended: Promise<void>;
}

/** Starts all processes; a meter becomes part of the link behind it. */
function startAll({ watched, processes, goesPastUs }: Supervision, reports: StageReports): readonly Link[] {
  const links: Link[] = [];
  let meter: LocalCommand | undefined;
  for (const [index, command] of watched.commands.entries()) {
    if (command.stage?.role === "meter") {
      meter = command;
      continue;
    }
    const stdin = index === 0 && !goesPastUs ? "null" : "piped";
    links.push({ command, meter, ...start(command, stdin, processes, reports) });
    meter = undefined;
  }
  return links;
}

function start(
  command: LocalCommand,
  stdin: "null" | "piped",
  processes: Processes,
  reports: StageReports,
): Pick<Link, "child" | "ended"> {
  try {
    const child = processes.start(command.argv, { stdin, stdout: "piped", lasts: true });
    // Shells report 128 + N for the end by signal N.
    const note = (status: number): void => reports.add(command.id, status < 0 ? 128 - status : status);
    return { child, ended: child.ended.then(note) };
  } catch (error) {
    const reader = reports.reader(command.id);
    reader.feed(new TextEncoder().encode(startFailureText(command.argv, error)));
    reader.end();
    reports.add(command.id, 127);
    return { child: undefined, ended: Promise.resolve() };
  }
}

/** Moves everything that `from` prints to `to`, by way of the meter, unless it is broken off. Never rejects. */
async function pump(from: Link, to: Link, meter: Meter | undefined, breaking: AbortSignal): Promise<void> {
  const reader = from.child?.stdout?.getReader();
  const writer = to.child?.stdin?.getWriter();
  const breakOff = (): void => {
    reader?.cancel().catch(() => {});
    writer?.abort().catch(() => {});
  };
  breaking.addEventListener("abort", breakOff, { once: true });
  try {
    if (reader !== undefined && writer !== undefined) await copy(reader, writer, meter);
  } finally {
    meter?.end();
  }
  // What broke off the copy was one of the two ends. Neither neighbour may notice before the cause was noted.
  await Promise.race([from.ended, to.ended]);
  await reader?.cancel().catch(() => {});
  await from.ended;
  await writer?.close().catch(() => {});
}

/** Copies until there is no more to read, or nobody who takes it. */
async function copy(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  meter: Meter | undefined,
): Promise<void> {
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (meter === undefined) await writer.write(next.value);
      else for await (const part of meter.pass(next.value)) await writer.write(part);
    }
  } catch {
    // A broken pipe: the process behind has ended, which is noted there.
  }
}
