/**
 * Looks, before a change, whether another process sends from or receives into the destination dataset.
 *
 * After `kill -9` of us a pipeline of ours goes on; receiving beside it would fail half-way (docs/spec/replication.md
 * §5.4).
 * @module
 */
import { RefusedError, Retryable } from "../../model/errors.ts";
import type { DatasetTask, ReplicationContext } from "./context.ts";

/**
 * Throws `Retryable` if the destination dataset is busy.
 *
 * @param against what would be in the way: any send or receive, or a receive only
 */
export type BusyGate = (against: "send-and-receive" | "receive") => Promise<void>;

/**
 * The gate of one dataset for one attempt: once it has opened it stays open. After a failure processes are looked for anew: a
 * receive of our own may go on at a remote host.
 */
export function busyGate(task: DatasetTask, { world, log, state: { gated } }: ReplicationContext): BusyGate {
  const { destination, signal } = task;
  let isOpen = false;
  return async (against) => {
    if (isOpen) return;
    const fresh = gated.has(task);
    gated.add(task);
    if (await world.destination.isBusy(destination, against, { signal, fresh })) {
      const verbs = against === "receive" ? "{receive}" : "{receive|send}";
      const message =
        `Cannot continue now: Destination is already busy with zfs ${verbs} operation from another process: ${destination}`;
      log.log("WARN", "", message);
      throw new Retryable(new RefusedError(message), { display: "replication" });
    }
    isOpen = true;
  };
}
