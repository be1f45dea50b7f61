import {
  CommandError,
  exitCodeOf,
  PartialFailure,
  rawStatusOf,
  RefusedError,
  TimeoutError,
} from "../../../lib/model/errors.ts";
import { assertEquals } from "../../support/assert.ts";

function commandError(status: number): CommandError {
  return new CommandError({ command: "zfs list x", host: "localhost", status, stderr: "", fault: "unknown" });
}

const CASES: readonly (readonly [error: unknown, raw: number, exit: number])[] = [
  [commandError(1), 1, 3],
  [commandError(255), 255, 255],
  [commandError(-15), -15, 241],
  [new PartialFailure(commandError(2), []), 2, 3],
  [new PartialFailure(new RefusedError("no"), []), 3, 3],
  [new TimeoutError("late"), 3, 3],
  [new TypeError("a defect"), 3, 3],
];

Deno.test("rawStatusOf() is the child's status, exitCodeOf() what the process makes of it", () => {
  for (const [error, raw, exit] of CASES) assertEquals([rawStatusOf(error), exitCodeOf(error)], [raw, exit]);
});
