/**
 * `deno task testbed [status | build | clean | shell [VERSION]]`: the images of the testbed, and a guest to try things
 * in.
 * @module
 */
import { orExplain } from "../announce.ts";
import { cacheFolder } from "../cache_folder.ts";
import { startTestbed } from "./guest.ts";
import { ensureImage, hasImage, imageFolder, type ZfsVersion, zfsVersions } from "./image.ts";

const commands: Readonly<Record<string, (version: ZfsVersion) => Promise<void>>> = { status, build, clean, shell };

await orExplain(async () => {
  const [name = "status", version = zfsVersions[0]] = Deno.args;
  const command = commands[name];
  if (command === undefined) {
    throw new Error(`testbed: no command ${name}; there are ${Object.keys(commands).join(", ")}`);
  }
  const known = zfsVersions.find((each) => each === version);
  if (known === undefined) {
    throw new Error(`testbed: no image with OpenZFS ${version}; there are ${zfsVersions.join(", ")}`);
  }
  await command(known);
});

async function status(): Promise<void> {
  for (const version of zfsVersions) {
    console.log(
      `OpenZFS ${version}: ${await hasImage(version) ? "built" : "not built"}, ${await imageFolder(version)}`,
    );
  }
}

async function build(): Promise<void> {
  for (const version of zfsVersions) console.log(await ensureImage(version));
}

/** Removes all images, those of other recipes too. */
async function clean(): Promise<void> {
  await Deno.remove(cacheFolder("testbed"), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Opens a shell in a guest that has a twin named dst; both are thrown away when it ends. */
async function shell(zfs: ZfsVersion): Promise<void> {
  await using testbed = await startTestbed({ zfs, hosts: ["src", "dst"], payload: await executables() });
  if (testbed.sshConfig === undefined) throw new Error("testbed: no guest to log in to with BZFS_TEST_HOST_ZFS=1");
  await new Deno.Command("ssh", { args: ["-t", "-F", testbed.sshConfig, "src"] }).spawn().status;
}

async function executables(): Promise<readonly string[]> {
  const path = `${import.meta.dirname}/../../dist/bzfs`;
  return await Deno.stat(path).then(() => [path], () => []);
}
