/**
 * Hosts on which no shell can be run: what is joined elsewhere by `sh` is joined by us (docs/spec/replication.md
 * §10.7).
 */
import { installSimulatedHosts } from "../sim/bin/install.ts";
import { SimHost } from "../sim/host.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { withTempFolder } from "../support/temp.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;

function host(): SimHost {
  const host = SimHost.create({ seed: 3 });
  host.addPool("tank");
  host.addPool("back");
  for (let i = 0; i < 20; i++) host.write("tank", 2000);
  const tank = host.poolOf("tank")!;
  tank.addSnapshots([{ dataset: tank.find("tank")!, tag: "a" }]);
  return host;
}

for (const words of [[], ["--pipeline=streams"], ["--pipeline=streams", "--shell-program=-"]]) {
  Deno.test(`bzfs ${words.join(" ")} replicates, meters and limits where there is no sh`, () =>
    withTempFolder(async (folder) => {
      await using sims = await installSimulatedHosts({ localhost: host() });
      const args = ["run", "--no-check", "--no-prompt", "--unstable-net", "-A", main, `--log-dir=${folder}/bzfs-logs`];
      const command = new Deno.Command(Deno.execPath(), {
        args: [...args, "-v", "--bwlimit=1g", ...words, "tank", "back/copy"],
        env: { ...sims.env, PATH: sims.bin },
        stdin: "null",
      });
      const { code, stdout, stderr } = await command.output();
      const log = new TextDecoder().decode(stdout);
      assertEquals(code, 0, log + new TextDecoder().decode(stderr));
      assertEquals((await sims.read("localhost")).poolOf("back")!.find("back/copy")?.snapshots.length, 1);
      assertStringIncludes(log, "--rate-limit=1g --force");
      assert(/zfs sent 1 snapshots in \S+ zfs sent [1-9]/.test(log), log);
    }));
}
