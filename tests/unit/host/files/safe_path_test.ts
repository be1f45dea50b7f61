import { isTrustedGroup, safeFolder } from "../../../../lib/host/files/safe_path.ts";
import { RefusedError } from "../../../../lib/model/errors.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

const isRoot = Deno.uid() === 0;
const STRANGER = 12345;

interface Case {
  readonly what: string;
  /** Makes what stands above `above/bzfs-logs`; `above` exists, private. */
  readonly make: (above: string) => void;
  /** Path below `above`. */
  readonly path?: string;
  /** A part of the message; none if the path is taken. */
  readonly refusal?: string;
  /** Default: `RefusedError`. */
  readonly error?: new (...words: string[]) => Error;
  readonly needsRoot?: true;
}

function folder(path: string, mode: number, owner?: number, group?: number): void {
  Deno.mkdirSync(path);
  if (owner !== undefined || group !== undefined) Deno.chownSync(path, owner ?? null, group ?? null);
  Deno.chmodSync(path, mode);
}

const cases: readonly Case[] = [
  { what: "folders that are missing", make: () => {}, path: "a/b/bzfs-logs" },
  { what: "folders of ours", make: (above) => folder(`${above}/a`, 0o755), path: "a/b/bzfs-logs" },
  { what: "a path with dots and slashes", make: (above) => folder(`${above}/a`, 0o755), path: "a//./../a/bzfs-logs/" },
  { what: "a folder like /tmp", make: (above) => folder(`${above}/a`, 0o1777), path: "a/bzfs-logs" },
  {
    what: "a folder that everybody may write to",
    make: (above) => folder(`${above}/a`, 0o777),
    path: "a/bzfs-logs",
    refusal: "/a' has permissions 777 aka rwxrwxrwx: everybody can replace what is in it",
  },
  {
    what: "such a folder higher up",
    make: (above) => (folder(`${above}/a`, 0o757), folder(`${above}/a/b`, 0o700)),
    path: "a/b/c/bzfs-logs",
    refusal: "/a' has permissions 757 aka rwxr-xrwx: everybody can replace what is in it",
  },
  {
    what: "a folder of somebody else",
    make: (above) => folder(`${above}/a`, 0o755, STRANGER),
    path: "a/b/bzfs-logs",
    refusal: "/a' is owned by uid 12345, who can replace what is in it",
    needsRoot: true,
  },
  {
    what: "a folder of somebody else in one like /tmp",
    make: (above) => (folder(`${above}/a`, 0o1777), folder(`${above}/a/b`, 0o777, STRANGER)),
    path: "a/b/bzfs-logs",
    refusal: "/a/b' is owned by uid 12345",
    needsRoot: true,
  },
  {
    what: "a folder that a group of the system may write to",
    make: (above) => folder(`${above}/a`, 0o775, 0, 0),
    path: "a/bzfs-logs",
    needsRoot: true,
  },
  {
    what: "a folder that a group of strangers may write to",
    make: (above) => folder(`${above}/a`, 0o775, 0, STRANGER),
    path: "a/bzfs-logs",
    refusal: "/a' has permissions 775 aka rwxrwxr-x: group 12345 can replace what is in it",
    needsRoot: true,
  },
  {
    what: "a link of ours",
    make: (above) => (folder(`${above}/a`, 0o755), Deno.symlinkSync("./a", `${above}/link`)),
    path: "link/bzfs-logs",
  },
  {
    what: "a link to a folder that everybody may write to",
    make: (above) => {
      folder(`${above}/a`, 0o777);
      folder(`${above}/a/b`, 0o755);
      Deno.symlinkSync(`${above}/a/b`, `${above}/link`);
    },
    path: "link/bzfs-logs",
    refusal: "/a' has permissions 777",
  },
  {
    what: "a link of somebody else in a folder like /tmp",
    make: (above) => {
      folder(`${above}/a`, 0o1777);
      Deno.symlinkSync(above, `${above}/a/link`);
      new Deno.Command("chown", { args: ["-h", String(STRANGER), `${above}/a/link`] }).outputSync();
    },
    path: "a/link/bzfs-logs",
    refusal: "/a/link' is owned by uid 12345",
    needsRoot: true,
  },
  {
    what: "links that lead to each other",
    make: (above) => (Deno.symlinkSync("b", `${above}/a`), Deno.symlinkSync("a", `${above}/b`)),
    path: "a/bzfs-logs",
    refusal: "leads through too many symbolic links",
  },
  {
    what: "a file",
    make: (above) => Deno.writeTextFileSync(`${above}/a`, ""),
    path: "a/bzfs-logs",
    refusal: "/a'",
    error: Deno.errors.NotADirectory,
  },
  {
    what: "a link as the folder itself",
    make: (above) => (folder(`${above}/a`, 0o700), Deno.symlinkSync("a", `${above}/bzfs-logs`)),
    path: "bzfs-logs/",
    refusal: "/bzfs-logs' is a symbolic link",
  },
];

for (const { what, make, path, refusal, error = RefusedError, needsRoot } of cases) {
  Deno.test({
    name: `safeFolder() ${refusal === undefined ? "takes" : "refuses"} ${what}`,
    ignore: needsRoot === true && !isRoot,
    fn: () =>
      withTempFolder((above) => {
        make(above);
        if (refusal !== undefined) {
          assertThrows(() => safeFolder(`${above}/${path}`), error, refusal);
          return;
        }
        safeFolder(`${above}/${path}`);
        safeFolder(`${above}/${path}`);
        const { mode, isDirectory } = Deno.lstatSync(`${above}/${path}`);
        assertEquals({ mode: mode! & 0o7777, isDirectory }, { mode: 0o700, isDirectory: true });
      }),
  });
}

Deno.test("isTrustedGroup() knows all members and none of them is another person", () => {
  const passwd = "root:x:0:0::/:/bin/sh\nsyslog:x:104:110::/:/bin/false\n" +
    "ann:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";
  const group = "root:x:0:\nsyslog:x:110:\nadm:x:4:syslog,ann\nstaff:x:50:\nann:x:1000:\nboth:x:1002:ann,bob\n" +
    "odd:x:60:gone\nnogroup:x:65534:\nbad line\n";
  const trusted = (gid: number, ours: number): boolean => isTrustedGroup(gid, ours, { group, passwd });
  assertEquals([0, 110, 50].map((gid) => trusted(gid, 0)), [true, true, true]);
  assertEquals([4, 1000, 1002].map((gid) => trusted(gid, 1000)), [true, true, false]);
  assertEquals([4, 1000, 1001].map((gid) => trusted(gid, 0)), [false, false, false]);
  assertEquals([60, 65534, 12345].map((gid) => trusted(gid, 0)), [false, false, false]);
  assertEquals(isTrustedGroup(0, 0, { group: "", passwd }), false);
});
