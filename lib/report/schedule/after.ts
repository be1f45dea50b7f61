/**
 * What a scheduler does after a start, by its exit status: 0 is a success; after 4, an earlier start that is still at work,
 * nothing is done; anything else is a failure.
 * @module
 */
import { quietOf, type ScheduledTask } from "./schedule.ts";

/** The branches of a shell's `case` over the exit status. */
export function afterCases(
  task: Pick<ScheduledTask, "after" | "quietStatuses">,
  onFailure: readonly string[] = [],
): string {
  const { ping, success, failure } = task.after ?? {};
  const lineOf = (commands: readonly (string | undefined)[]): string => {
    const all = commands.filter((command) => command !== undefined);
    return all.length === 0 ? "" : `${all.join("; ")} `;
  };
  const ok = lineOf([ping?.shellLine, success?.shellLine]);
  const bad = lineOf([...onFailure, failure?.shellLine]);
  return `0) ${ok};; ${quietOf(task).join("|")}) ;; *) ${bad};; esac`;
}
