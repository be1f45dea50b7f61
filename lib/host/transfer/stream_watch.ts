/**
 * Tells whether the stream of a transfer moves, from what can be seen cheaply: the lines of its meter, and what is asked
 * of the destination only where these show no motion.
 * @module
 */
import { showsMotion, splitPvLines } from "../../report/pv_lines.ts";
import type { PvFile } from "./pv_file.ts";

/** The witnesses of a transfer. */
export interface StreamWitnesses {
  /** Absent without a meter. */
  readonly pvFile: PvFile | undefined;
  /** Something at the destination that changes while the stream arrives, see `TransferOptions.arrival`. */
  readonly arrival: (() => Promise<unknown>) | undefined;
}

/**
 * A value that changes whenever a witness has seen motion since the last call. Where the only witness is a meter that
 * writes nothing, as on a full disk, nobody knows, and it changes too: a stream must not be ended for that.
 */
export function streamLook({ pvFile, arrival }: StreamWitnesses): () => Promise<number> {
  let moves = 0;
  let unfinished = "";
  let lastLine = "";
  let arrived: unknown;
  let isFirst = true;
  const meterMoves = (): boolean | undefined => {
    const text = unfinished + (pvFile?.newText() ?? "");
    const end = Math.max(text.lastIndexOf("\r"), text.lastIndexOf("\n")) + 1;
    unfinished = text.slice(end);
    const lines = splitPvLines(text.slice(0, end)).filter((line) => line.trim() !== "");
    if (lines.length === 0) return undefined;
    const motion = showsMotion([lastLine, ...lines]);
    lastLine = lines.at(-1)!;
    return motion;
  };
  return async () => {
    if (isFirst) {
      isFirst = false; // nothing has begun, so there is nothing to ask for
      return moves;
    }
    const motion = meterMoves();
    if (motion === true || (motion === undefined && arrival === undefined)) return ++moves;
    const now = await arrival?.();
    if (now !== arrived) moves++;
    arrived = now;
    return moves;
  };
}
