/**
 * Which processes there are.
 * @module
 */

/** A row of `ps`. */
interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All processes of this host that are no zombies. */
export async function processTable(): Promise<readonly Row[]> {
  const columns = ["pid=", "ppid=", "stat=", "args="].flatMap((column) => ["-o", column]);
  const { stdout } = await new Deno.Command("ps", { args: ["-ww", "-A", ...columns] }).output();
  const rows = new TextDecoder().decode(stdout).split("\n").map((line) =>
    /^ *(\d+) +(\d+) +([^Z\s]\S*) +(.*)$/.exec(line)
  );
  return rows.flatMap((row) => row ? [{ pid: Number(row[1]), parent: Number(row[2]), command: row[4]! }] : []);
}

/** Process ids of the shells below a process that wait to send signals. */
export async function helpersBelow(parent: number): Promise<readonly number[]> {
  const rows = await processTable();
  return rows.filter((row) => row.parent === parent && isHelper(row.command)).map(({ pid }) => pid);
}

/** True for the command of a shell that waits to send signals. */
export function isHelper(command: string): boolean {
  return /^\S*sh -c trap '' HUP /.test(command);
}
