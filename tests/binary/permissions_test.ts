/** What the permissions compiled into dist/bzfs refuse, shown by a probe that has the same ones. */
import { assertEquals } from "@std/assert";
import { denoCompile } from "../../scripts/compile.ts";
import { permissionFlags } from "../../scripts/permissions.ts";
import { capture } from "../../scripts/process.ts";
import { hostRuntime } from "../../scripts/runtime.ts";

const folder = await Deno.makeTempDir({ prefix: "bzfs-probe-" });
const probe = `${folder}/probe`;
const temporary = `${folder}/tmp`;
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

Deno.test("the compiled permissions refuse other programs, the network, native libraries and system facts", async () => {
  const runtime = await hostRuntime("either");
  const entry = `${import.meta.dirname}/permissions_probe.ts`;
  await denoCompile(entry, { flags: permissionFlags, runtime, output: probe });
  await Deno.writeTextFile(`${folder}/zstd`, "#!/bin/sh\n", { mode: 0o755 });
  await Deno.mkdir(temporary);
  const { stdout } = await capture([probe, folder], { env: { TMPDIR: temporary } });
  assertEquals(JSON.parse(stdout), {
    "run sh": "done",
    "run another program": "NotCapable",
    "run another program by its path": "NotCapable",
    "run a program that only has the name of an allowed one": "NotCapable",
    "run itself": "NotCapable",
    "connect to this machine": "NotCapable",
    "listen on this machine": "NotCapable",
    "receive UDP": "NotCapable",
    "fetch a page": "NotCapable",
    "resolve a name": "NotCapable",
    "use a unix datagram socket": "done",
    "load a native library": "NotCapable",
    "read another process's memory map": "NotCapable",
    "ask for the kernel's release": "NotCapable",
    "ask for the host's name": "done",
    "write and read a file": "done",
  });
});

Deno.test("a run leaves no code cache in the temporary folder, where others could plant one", async () => {
  assertEquals(await Array.fromAsync(Deno.readDir(temporary)), []);
});

Deno.test("dist/bzfs has the permissions of the probe", async () => {
  const executable = `${import.meta.dirname}/../../dist/bzfs`;
  assertEquals(await embeddedPermissions(executable), await embeddedPermissions(probe));
});

/** Reads the permissions out of an executable, where `deno compile` leaves its options as JSON. */
async function embeddedPermissions(path: string): Promise<unknown> {
  const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
  const [, json] = /"permissions":(\{"allow_all":[^{}]*\})/.exec(text) ?? [];
  if (json === undefined) throw new Error(`No permissions found in ${path}`);
  return JSON.parse(json);
}
