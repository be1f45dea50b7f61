import {
  CommandError,
  exitCodeOf,
  type Fault,
  PartialFailure,
  RefusedError,
  TimeoutError,
} from "../../../lib/model/errors.ts";
import { assertEquals } from "../../support/assert.ts";

function commandError(status: number, host = "localhost", fault: Fault = "unknown"): CommandError {
  return new CommandError({ command: "zfs list x", host, status, stderr: "", fault });
}

const CASES: readonly (readonly [error: unknown, exit: number])[] = [
  [commandError(1), 3],
  [commandError(255), 255],
  [commandError(-15), 241],
  [commandError(255, "root@nas"), 3],
  [commandError(254, "root@nas"), 254],
  [commandError(255, "localhost", "connection"), 3],
  [new PartialFailure(commandError(2), []), 3],
  [new PartialFailure(new RefusedError("no"), []), 3],
  [new TimeoutError("late"), 3],
  [new TypeError("a defect"), 3],
];

Deno.test("exitCodeOf() is the child's status unless that has a meaning here, and 3 for a lost connection", () => {
  for (const [error, exit] of CASES) assertEquals(exitCodeOf(error), exit);
});

Deno.test("a failed command tells where it ran and how its stderr ended, in one line", () => {
  const said = (stderr: string): string =>
    new CommandError({ command: "zfs x", host: "root@nas", status: 1, stderr, fault: "unknown" }).message;
  assertEquals(said(""), "Command 'zfs x' returned non-zero exit status 1. (on root@nas)");
  assertEquals(said(" a\r\n\nb\n"), "Command 'zfs x' returned non-zero exit status 1. (on root@nas): a / b");
  assertEquals(
    said("1\n2\n3\n4\n5\n6\n"),
    "Command 'zfs x' returned non-zero exit status 1. (on root@nas): 2 / 3 / 4 / 5 / 6",
  );
});
