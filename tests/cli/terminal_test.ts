/** The status line of a run in a real terminal, as tmux sees it: above it the log, and one line for all transfers. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { scene } from "../support/output_scene.ts";

const SERVER = `bzfs-test-run-${Deno.pid}`;

async function tmux(...args: readonly string[]): Promise<string> {
  const words = ["-L", SERVER, "-f", "/dev/null", ...args];
  const { stdout } = await new Deno.Command("tmux", { args: words, stdin: "null", stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** The rows of the screen, once they are as wanted. */
async function screen(isWanted: (rows: readonly string[]) => boolean): Promise<readonly string[]> {
  for (const start = performance.now();;) {
    const rows = (await tmux("capture-pane", "-p", "-t", "main")).trimEnd().split("\n").map((row) => row.trimEnd());
    if (isWanted(rows)) return rows;
    if (performance.now() - start > 60_000) throw new Error(`not as wanted:\n${rows.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const STATUS = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[I\] zfs sent [\d.]+ (?:B|KiB) \d:\d\d:\d\d /;

/** Receives go on once a file of their name is there. */
const WAITING = `if [ "$1" = receive ]; then
  for last; do :; done
  until [ -e "$D/go-\${last##*/}" ]; do sleep 0.1; done
fi`;

for (const mode of ["by pv", "by our own meter"]) {
  Deno.test(`a terminal shows one status line for all transfers, counted ${mode}, below the log`, async () => {
    await using it = await scene();
    await it.sh("zfs snapshot tank/src/b@1");
    it.beforeZfs(WAITING);
    const words = mode === "by pv" ? "" : "--pipeline=streams";
    await Deno.writeTextFile(`${it.folder}/go-dst`, "");
    const run = it.inShell(`$BZFS ${words} --threads=2 --retries=0 -r tank/src back/dst; echo status $?; sleep 60`);
    try {
      await tmux("new-session", "-d", "-s", "main", "-x", "150", "-y", "40", ...run);
      // 624 B have been sent to dst and as many to a, which waits, as b does with 49.4 KiB: the sum of all three.
      const both = await screen((rows) => /zfs sent 5[01]\.\d+ KiB/.test(rows.at(-1)!));
      assertMatch(both.at(-1)!, STATUS);
      assert(both.at(-1)!.length < 150);
      assertEquals(both.filter((row) => STATUS.test(row)).length, 1);
      assertEquals(both.filter((row) => row.includes("Full send: ")).length, 3);
      await Deno.writeTextFile(`${it.folder}/go-b`, "");
      // A record appears above the status line, which stays.
      await tmux("resize-window", "-t", "main", "-x", "60", "-y", "40");
      const narrow = await screen((rows) => rows.at(-1)!.length === 59 && STATUS.test(rows.at(-1)!));
      assertEquals(narrow.filter((row) => STATUS.test(row)).length, 1, narrow.join("\n"));
      await Deno.writeTextFile(`${it.folder}/go-a`, "");
      const end = await screen((rows) => rows.at(-1) === "status 0");
      assertEquals(end.filter((row) => STATUS.test(row)), []);
      assertMatch(end.at(-2)!, /\[I\] Success\. Goodbye!$/);
    } finally {
      await tmux("kill-server");
    }
  });
}
