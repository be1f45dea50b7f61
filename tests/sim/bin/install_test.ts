/** Simulated hosts as executables: pipes between real processes, cuts, ssh. */
import { assert, assertEquals, assertMatch } from "../../support/assert.ts";
import { leftProcessesWith, processesWith } from "../../support/leftovers.ts";
import { processTable } from "../../support/process_table.ts";
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

Deno.test("simulated hosts go when the last process has ended that writes into their folder", async () => {
  const sims = await installSimulatedHosts(hosts());
  const folder = sims.bin.replace(/\/bin$/, "");
  const writing = 'i=0; while [ $i -lt 100 ]; do mkdir -p "$0"; echo > "$0/$i"; i=$((i + 1)); done';
  const last = 'sleep 0.5; mkdir -p "$0"; echo > "$0/last"';
  // As a simulator whose caller was killed: nobody has it for a child any more.
  const script = `sh -c '${writing}; ${last}' "$1" > "$1/log" 2>&1 & echo $!`;
  const args = ["-c", script, "sh", folder];
  const { stdout } = await new Deno.Command("sh", { args, env: sims.env }).output();
  const pid = Number(new TextDecoder().decode(stdout));
  try {
    assert((await processesWith(`BZFS_SIM_STATE=${folder}/`)).includes(pid));
    await sims[Symbol.asyncDispose]();
  } finally {
    while ((await processTable()).some((one) => one.pid === pid)) await new Promise((end) => setTimeout(end, 20));
  }
  assertEquals(await Deno.stat(folder).then(() => "there", (error) => error.name), "NotFound");
});

Deno.test("a process that a test leaves behind is named", async () => {
  const env = { BZFS_SIM_STATE: "/nowhere/localhost.json" };
  const left = new Deno.Command("sleep", { args: ["60"], env }).spawn();
  try {
    assertEquals(await leftProcessesWith("BZFS_SIM_STATE=/nowhere/local/"), []);
    const [said = "", ...more] = await leftProcessesWith("BZFS_SIM_STATE=/nowhere/", 100);
    assertMatch(said, new RegExp(`^${left.pid} \\S*sleep 60$`));
    assertEquals(more, []);
  } finally {
    left.kill("SIGKILL");
    await left.status;
  }
  assertEquals(await leftProcessesWith("BZFS_SIM_STATE=/nowhere/", 0), []);
});
