import { assertEquals } from "@std/assert";
import { capture } from "../../../scripts/process.ts";

const script = `${import.meta.dirname}/../../../scripts/testbed/debian_mirror.sh`;

/** What debian_mirror.sh prints for apt sources, by file name. */
async function mirrorIn(sources: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "bzfs-apt-" });
  try {
    await Deno.mkdir(`${folder}/sources.list.d`);
    for (const [name, text] of Object.entries(sources)) {
      await Deno.writeTextFile(`${folder}/${name}`, text.replaceAll("FOLDER", folder));
    }
    const { code, stdout, stderr } = await capture(["sh", script, folder]);
    return code === 0 ? stdout.trim() : stderr.trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("debian_mirror.sh reads one-line sources, with options or without", async () => {
  const plain = "# deb http://old.example/debian x main\ndeb http://a.example/debian bookworm main\n";
  assertEquals(await mirrorIn({ "sources.list": plain }), "http://a.example/debian");
  const options =
    "deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://b.example/debian/ trixie main contrib\n";
  assertEquals(await mirrorIn({ "sources.list": options }), "https://b.example/debian/");
});

Deno.test("debian_mirror.sh reads deb822 sources, and takes the mirror among other archives", async () => {
  const others = "deb https://packages.example/node nodistro main\n";
  const debian = `Types: deb
# a comment
URIs: http://security.example/debian-security http://c.example/debian
Suites: bookworm
Components: main
`;
  const sources = { "sources.list.d/node.list": others, "sources.list.d/debian.sources": debian };
  assertEquals(await mirrorIn(sources), "http://c.example/debian");
});

Deno.test("debian_mirror.sh follows a mirror list, as cloud images have", async () => {
  const sources = {
    "sources.list.d/debian.sources":
      "Types: deb\nURIs: mirror+file://FOLDER/mirrors.list\nSuites: trixie\nComponents: main\n",
    "mirrors.list": "https://d.example/debian\tpriority:1\n",
  };
  assertEquals(await mirrorIn(sources), "https://d.example/debian");
});

Deno.test("debian_mirror.sh says so when there is no mirror", async () => {
  assertEquals(
    await mirrorIn({ "sources.list": "deb https://packages.example/node nodistro main\n" }),
    "debian_mirror.sh: no Debian mirror in this machine's apt sources",
  );
});
