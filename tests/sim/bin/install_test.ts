/** Simulated hosts as executables: pipes between real processes, cuts, ssh. */
import { assertEquals, assertMatch } from "../../support/assert.ts";
import { SimHost } from "../host.ts";
import { contentOf } from "../pool.ts";
import { type InstalledHosts, installSimulatedHosts } from "./install.ts";

function hosts(): { localhost: SimHost; nas: SimHost } {
  const localhost = SimHost.create({ seed: 1 });
  localhost.addPool("tank");
  const nas = SimHost.create({ name: "nas", seed: 2 });
  nas.addPool("back");
  for (let i = 0; i < 40; i++) localhost.write("tank", 2000);
  return { localhost, nas };
}

async function sh(sims: InstalledHosts, script: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script], env: sims.env }).output();
  const decoder = new TextDecoder();
  return `${decoder.decode(stdout)}${decoder.decode(stderr)}= ${code}\n`;
}

Deno.test("simulated executables replicate through a pipe and over ssh", async () => {
  await using sims = await installSimulatedHosts(hosts());
  assertEquals(await sh(sims, "zfs snapshot 'tank@a b' && zfs list -t snapshot -Ho name"), "tank@a b\n= 0\n");
  assertEquals(
    await sh(sims, "zfs send 'tank@a b' | ssh -x -S /s root@nas 'zfs receive -u '\\''back/c'\\'''"),
    "= 0\n",
  );
  const [from, to] = [(await sims.read("localhost")).poolOf("tank")!, (await sims.read("nas")).poolOf("back")!];
  const [source, copy] = [from.find("tank")!, to.find("back/c")!];
  assertEquals(copy.snapshots[0]!.guid, source.snapshots[0]!.guid);
  assertEquals(contentOf(copy, copy.snapshots[0]!), contentOf(source, source.snapshots[0]!));
  assertEquals(
    await sh(sims, "ssh nobody zfs list"),
    "ssh: Could not resolve hostname nobody: Name or service not known\n= 255\n",
  );
});

Deno.test("a simulated stream that is cut leaves a token, and can be resumed", async () => {
  await using sims = await installSimulatedHosts(hosts());
  await sh(sims, "zfs snapshot tank@a");
  const cut = await sh(sims, "zfs send tank@a | head -c 30000 | ssh nas zfs receive -s -u back/c");
  assertMatch(cut, /incomplete stream\.\nPartially received snapshot is saved\.\n[^]*= 1\n$/);
  const token = "$(ssh nas zfs get -Hp -o value -s none receive_resume_token back/c)";
  assertEquals(await sh(sims, `zfs send -t ${token} | ssh nas zfs receive -s -u back/c`), "= 0\n");
  assertEquals(await sh(sims, "ssh nas zfs list -t snapshot -d 1 -Ho name back/c"), "back/c@a\n= 0\n");
});
