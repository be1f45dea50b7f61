/**
 * The bookmark that is made by the shell that sends: one process less to ask, and nothing else than before.
 */
import { installSimulatedHosts } from "../sim/bin/install.ts";
import { SimHost } from "../sim/host.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { withTempFolder } from "../support/temp.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;

function host(name: string, pool: string, seed: number): SimHost {
  const host = SimHost.create({ seed, name });
  host.addPool(pool);
  return host;
}

/** A `zfs` that tells which process has started it, and refuses to make bookmarks where a file says so. */
const WITNESS = `#!/bin/sh
echo "$1 $PPID" >> FOLDER/calls
if [ "$1" = bookmark ] && [ -e FOLDER/refuse ]; then
  echo "cannot create bookmark: permission denied" >&2
  exit 1
fi
exec FOLDER/zfs "$@"
`;

for (const [source, destination] of [["localhost", "nas"], ["nas", "localhost"]] as const) {
  Deno.test(`a bookmark is made by the shell that sends, by itself where it is refused there: ${source} to ${destination}`, () =>
    withTempFolder(async (folder) => {
      const hosts = { [source]: host(source, "tank", 3), [destination]: host(destination, "back", 4) };
      const tank = hosts[source]!.poolOf("tank")!;
      tank.addSnapshots([{ dataset: tank.find("tank")!, tag: "a" }]);
      await using sims = await installSimulatedHosts(hosts as { localhost: SimHost });
      await Deno.rename(`${sims.bin}/zfs`, `${folder}/zfs`);
      await Deno.writeTextFile(`${sims.bin}/zfs`, WITNESS.replaceAll("FOLDER", folder), { mode: 0o755 });
      const nameAt = (at: string, name: string): string => at === "nas" ? `nas:${name}` : name;
      const replicate = async (): Promise<{ readonly log: string; readonly calls: readonly string[][] }> => {
        await Deno.writeTextFile(`${folder}/calls`, "");
        const args = [
          "run",
          "--no-check",
          "--no-prompt",
          "--unstable-net",
          "-A",
          main,
          `--log-dir=${folder}/bzfs-logs`,
        ];
        const command = new Deno.Command(Deno.execPath(), {
          args: [...args, "-v", nameAt(source, "tank"), nameAt(destination, "back/copy")],
          env: { ...sims.env, HOME: folder },
          stdin: "null",
        });
        const { code, stdout, stderr } = await command.output();
        const log = new TextDecoder().decode(stdout);
        assertEquals(code, 0, log + new TextDecoder().decode(stderr));
        const calls = (await Deno.readTextFile(`${folder}/calls`)).trimEnd().split("\n").map((line) => line.split(" "));
        return { log, calls: calls.filter(([verb]) => verb === "bookmark" || verb === "send") };
      };
      const marks = async (): Promise<number> =>
        (await sims.read(source)).poolOf("tank")!.find("tank")!.bookmarks.length;
      const copies = async (): Promise<number> =>
        (await sims.read(destination)).poolOf("back")!.find("back/copy")!.snapshots.length;

      const together = await replicate();
      assertEquals(together.calls.map(([verb]) => verb), ["send", "bookmark", "send"]);
      assertEquals(together.calls[1]![1], together.calls[2]![1], "made by another shell");
      assertEquals([await marks(), await copies()], [1, 1]);
      assert(together.log.indexOf("zfs bookmark tank@a") < together.log.lastIndexOf("zfs send"), together.log);

      await Deno.writeTextFile(`${folder}/refuse`, "");
      const state = await sims.read(source);
      const pool = state.poolOf("tank")!;
      pool.addSnapshots([{ dataset: pool.find("tank")!, tag: "b" }]);
      const path = `${sims.bin.replace(/\/bin$/, "")}/${source}.json`;
      await Deno.writeTextFile(path, JSON.stringify(state.state));
      const alone = await replicate();
      assertEquals(alone.calls.map(([verb]) => verb), ["send", "bookmark", "bookmark", "send"]);
      assertStringIncludes(
        alone.log,
        "The source refuses to create bookmarks, hence replication does without (denied)",
      );
      assertEquals([await marks(), await copies()], [1, 2]);
    }));
}
