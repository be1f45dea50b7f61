/**
 * Looks, before a change, whether another process sends from or receives into the destination dataset.
 *
 * After `kill -9` of us a pipeline of ours goes on; receiving beside it would fail half-way (docs/spec/replication.md
 * §5.4).
 * @module
 */
import { RefusedError, Retryable } from "../../model/errors.ts";
import type { WorkContext } from "../job/context.ts";
import type { DatasetTask } from "./context.ts";

/** The gate of one dataset for one attempt: opens once. */
export class BusyGate {
  readonly #task: Pick<DatasetTask, "destination" | "signal">;
  readonly #context: WorkContext;
  #passed = false;

  constructor(task: Pick<DatasetTask, "destination" | "signal">, context: WorkContext) {
    this.#task = task;
    this.#context = context;
  }

  /**
   * Throws `Retryable` if the destination dataset is busy.
   *
   * @param against what would be in the way: any send or receive, or a receive only
   */
  async pass(against: "send-and-receive" | "receive"): Promise<void> {
    if (this.#passed) return;
    const { destination, signal } = this.#task;
    if (await this.#context.world.destination.isBusy(destination, against, { signal })) {
      const verbs = against === "receive" ? "{receive}" : "{receive|send}";
      const message =
        `Cannot continue now: Destination is already busy with zfs ${verbs} operation from another process: ${destination}`;
      this.#context.log.log("WARN", "", message);
      throw new Retryable(new RefusedError(message), { display: "replication" });
    }
    this.#passed = true;
  }
}
