/**
 * The two images of the testbed: which OpenZFS each has, where it is cached, and building it when the cache has none.
 * The cache folder's name carries a key made from the recipe's text, so a changed recipe makes a new image.
 * @module
 */
import { joinWords } from "../../lib/host/process/shell.ts";
import { announce, during } from "../announce.ts";
import { cacheFolder, sha256 } from "../cache_folder.ts";
import { attend, capture, follow } from "../process.ts";
import { removeUnusedImages, touchImage } from "./unused_images.ts";

const suites = { "2.3": "trixie", "2.1": "bookworm" } as const;

/** A version of OpenZFS that the testbed has an image of. */
export type ZfsVersion = keyof typeof suites;

/** All versions, the default one first. */
export const zfsVersions: readonly ZfsVersion[] = ["2.3", "2.1"];

const here = import.meta.dirname;
const recipe = [
  "build_image.sh",
  "pack_image.sh",
  "guest/guest_init.sh",
  "guest/initramfs_init.sh",
  "guest/zvol_device.sh",
];

/** Where the image of a version is or will be. */
export async function imageFolder(version: ZfsVersion): Promise<string> {
  const texts = await Promise.all(recipe.map((file) => Deno.readTextFile(`${here}/${file}`)));
  const key = await sha256(new TextEncoder().encode(texts.join("\0")));
  return `${cacheFolder("testbed")}/zfs-${version}-${key.slice(0, 12)}`;
}

/** Says whether an image is in the cache. */
export async function hasImage(version: ZfsVersion): Promise<boolean> {
  return await exists(await imageFolder(version));
}

/** Returns the folder of an image, after installing what is missing on the host and building the image if need be. */
export async function ensureImage(version: ZfsVersion): Promise<string> {
  await ensureHostPackages();
  const folder = await imageFolder(version);
  if (!await exists(folder)) {
    await build(version, folder);
    for (const name of await removeUnusedImages(cacheFolder("testbed"))) announce(`Removed the unused image ${name}`);
  }
  await touchImage(folder);
  return folder;
}

async function build(version: ZfsVersion, folder: string): Promise<void> {
  const log: string[] = [];
  const title = `Building a virtual machine image with OpenZFS ${version} (once; 5 to 10 minutes)`;
  const code = await during(
    title,
    (progress) =>
      follow(["bash", `${here}/build_image.sh`, suites[version], folder], (line) => {
        log.push(line);
        progress(line);
      }),
  );
  if (code === 0) return;
  throw new Error(`Cannot build the image with OpenZFS ${version}; the end of its log:\n${log.slice(-40).join("\n")}`);
}

/**
 * Installs Debian packages that are missing; as a user other than root, says how and gives up.
 *
 * @param wanted packages beside those of the testbed
 * @param testbed whether the packages of the testbed count
 */
export async function ensureHostPackages(
  wanted: readonly string[] = [],
  testbed: "with-testbed" | "without-testbed" = "with-testbed",
): Promise<void> {
  const argv = ["bash", `${here}/host_packages.sh`, ...(testbed === "with-testbed" ? [] : ["--only"]), ...wanted];
  const check = await capture([...argv, "--check"]);
  if (check.code !== 0) throw new Error(check.stderr.trim());
  const missing = check.stdout.split("\n").filter((line) => line !== "");
  if (missing.length === 0) return;
  if (Deno.uid() !== 0) {
    throw new Error(`Debian packages are missing (${missing.join(" ")}). Install them once with:\n
    sudo ${joinWords(argv)}\n`);
  }
  announce(`Installing Debian packages that are missing: ${missing.join(" ")}`);
  if (await attend(argv) !== 0) throw new Error("Cannot install these Debian packages");
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
