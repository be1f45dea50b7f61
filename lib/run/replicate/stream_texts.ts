/**
 * What the log and the meter say about the streams of a phase: which they are, and how far the phase has come.
 * @module
 */
import type { Transfer } from "../../model/action.ts";
import { relativeName, versionName } from "../../model/snapshot.ts";
import { formatSizeField } from "../../model/text/mod.ts";
import { gainOf, type TransferPhase } from "../../plan/replication/mod.ts";
import { dryPrefix } from "../job/context.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";
import type { Stream } from "./stream.ts";

/** Texts about one stream. */
export interface StreamTexts {
  /** What the meter shows: bytes of the phase, of the streams before this one, and of this one; or of this one only. */
  readonly label: string;
  readonly announcement: Announcement;
}

/** What comes next, for the log. */
export interface Announcement {
  readonly label: string;
  readonly versions: string;
  readonly sizes: string;
}

/** Texts about the streams of a phase, in their order. */
export function textsOf(kind: TransferPhase["kind"], streams: readonly Stream[]): readonly StreamTexts[] {
  const done = { bytes: 0, snapshots: 0 };
  const totals = { bytes: 0, snapshots: 0 };
  const count = (to: typeof done, { size, transfer }: Stream): void => {
    to.bytes += size;
    to.snapshots += gainOf(transfer);
  };
  for (const stream of streams) count(totals, stream);
  return streams.map((stream) => {
    const { size, transfer } = stream;
    const isFull = kind === "full";
    const label = isFull
      ? formatSizeField(size).padStart(23)
      : [totals.bytes, done.bytes, size].map(formatSizeField).join("/");
    const counts = isFull ? "" : ` (${totals.snapshots}/${done.snapshots}/${gainOf(transfer)} snapshots)`;
    count(done, stream);
    const sizes = `(${label.replace(/ {2,}/g, "").trim()})${counts}`;
    return { label, announcement: { ...nameOf(transfer), sizes } };
  });
}

function nameOf(transfer: Transfer): Pick<Announcement, "label" | "versions"> {
  const from = transfer.kind === "full" ? undefined : transfer.from;
  if (from === undefined) return { label: "Full send: ", versions: versionName(transfer.to) };
  const flag = transfer.kind === "incremental" ? transfer.flag : "-i";
  return {
    label: `Incremental send ${flag}: `,
    versions: `${versionName(from)} .. ${relativeName(transfer.to)}`,
  };
}

/** Logs which stream comes next. */
export function announce(
  { label, versions, sizes }: Announcement,
  { destination, tid }: DatasetTask,
  { log, job }: ReplicationContext,
): void {
  log.log("INFO", `${dryPrefix(job)}${tid} ${label}`, `${versions} --> ${destination} ${sizes} ...`);
}
