/**
 * Rows of listings, one by one: what is read, what is refused, and which snapshots a failed deletion names.
 */
import { type Dataset, datasetFromZfs } from "../../../lib/model/dataset.ts";
import type { Version } from "../../../lib/model/snapshot.ts";
import { diagnose, goneDatasets, libzfsError, unappliedProperties } from "../../../lib/zfs/diagnosis.ts";
import { readHasToken, readSnapshotsChanged, readValueRow } from "../../../lib/zfs/dialect.ts";
import { goneHistory, ListedHistory, RowCollector } from "../../../lib/zfs/listed_history.ts";
import { historiesCommand } from "../../../lib/zfs/version_rows.ts";
import type { HistoryListing } from "../../../lib/zfs/world.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const PLAIN: HistoryListing = { bookmarks: true, creation: false };
const FULL: HistoryListing = { bookmarks: true, creation: true, holds: true, written: true };
const DATASET = datasetFromZfs("p/a b");
const NEIGHBOURS = ["p/a", "p/a b", "p/a bc"].map(datasetFromZfs);

/**
 * Histories of the dataset and its neighbours, from a listing that comes in these pieces; or the row that is refused.
 */
function collect(pieces: readonly string[], listing: HistoryListing): Map<Dataset, ListedHistory> | string {
  const collector = new RowCollector(NEIGHBOURS, listing);
  for (const piece of pieces) collector.take(piece);
  if (collector.unreadable !== undefined) return collector.unreadable;
  return new Map([...collector.rows].map(([dataset, rows]) => [dataset, new ListedHistory(dataset, rows, listing)]));
}

/** Versions of the dataset in a listing of these rows, none of which is about another. */
function readRows(rows: readonly string[], listing: HistoryListing): readonly Version[] {
  const histories = collect([rows.map((row) => `${row}\n`).join("")], listing);
  assert(typeof histories !== "string", `refused: ${histories}`);
  return histories.get(DATASET)!.versions;
}

Deno.test("historiesCommand() asks for the columns and types that are wanted", () => {
  const words = (listing: HistoryListing): string => historiesCommand(listing).join(" ");
  assertEquals(words(PLAIN), "zfs list -t filesystem,volume,snapshot,bookmark -d 1 -Hp -o createtxg,guid,name");
  assertEquals(
    words({ ...PLAIN, snapshots: false }),
    "zfs list -t filesystem,volume,bookmark -d 1 -Hp -o createtxg,guid,name",
  );
  assertEquals(
    words({ ...FULL, bookmarks: false }),
    "zfs list -t filesystem,volume,snapshot -d 1 -Hp -o createtxg,creation,userrefs,written,guid,name",
  );
});

Deno.test("RowCollector refuses a creation that is no time: it must not pass for 1970", () => {
  for (const creation of ["-", "", "Tue Nov  5 10:00 2024", "-1"]) {
    const row = `7\t${creation}\t0\t0\t5\tp/a b@x`;
    assertEquals(collect([`${row}\n`], FULL), row);
  }
});

Deno.test("RowCollector and ListedHistory read snapshots and bookmarks, and refuse what is neither", () => {
  const base = { dataset: DATASET, tag: "x:1", createtxg: 7n };
  const read = (row: string, listing: HistoryListing): unknown => readRows([row], listing);
  assertEquals(read("7\t5\tp/a b@x:1", PLAIN), [{ kind: "snapshot", ...base, guid: "5", createdAt: 0 }]);
  assertEquals(read("7\t99\t2\t4096\t5\tp/a b@x:1", FULL), [
    { kind: "snapshot", ...base, guid: "5", createdAt: 99, holds: 2, written: "4096" },
  ]);
  assertEquals(read("7\t99\t-\t-\t5\tp/a b#x:1", FULL), [{ kind: "bookmark", ...base, guid: "5", createdAt: 99 }]);
  const large = "18446744073709551615";
  assertEquals(read(`${large}\t0\t0\t${large}\t${large}\tp/a b@x:1`, FULL), [{
    kind: "snapshot",
    ...base,
    guid: large,
    createtxg: 2n ** 64n - 1n,
    createdAt: 0,
    holds: 0,
    written: large,
  }]);
  for (
    const row of [
      "",
      "7\t5\tp/a c",
      "7\t5\tp/a b/c/d",
      "7\t5\tp",
      "7\tp/a b@x",
      "x\t5\tp/a b@x",
      "7\t\tp/a b@x",
      "7\t5\t6\tp/a b@x",
      "7\t-\tp/a b@x",
      "7\t5x\tp/a b@x",
      "7x\t5\tp/a b@x",
      "\t5\tp/a b@x",
      "7\t5\tp/a b@x\ty",
      "7\t5\t@x",
      "7\t5\tp/a c@x",
      "7\t5\tp/a b/c@x",
      "p/a b@x",
      "7",
      "7\t5",
      "7\t5\t",
    ]
  ) {
    // In every place: alone, behind and before a row of the dataset, and as the very end of the listing.
    const good = "7\t5\tp/a b@x\n";
    for (const text of [`${row}\n`, `${good}${row}\n`, `${row}\n${good}`, ...(row === "" ? [] : [`${good}${row}`])]) {
      assertEquals(collect([text], PLAIN), row, JSON.stringify(text));
    }
  }
  assertEquals(collect(["7\t1\t5\tp/a b@x\n7\t2\t3\t4\t5\tp/a b@x\n"], FULL), "7\t1\t5\tp/a b@x");
});

Deno.test("RowCollector gives every row to its own dataset, however the listing is cut into pieces", () => {
  const rows = ["1\t1\tp/a@x", "2\t2\tp/a#x", "3\t3\tp/a bc@y", "4\t4\tp/a b@a", "5\t5\tp/a b@b", "6\t6\tp/a@z"];
  const lines = rows.map((row) => `${row}\n`);
  for (let cuts = 0; cuts < 2 ** (lines.length - 1); cuts++) {
    const pieces: string[] = [];
    for (const [i, line] of lines.entries()) {
      if (i > 0 && (cuts >> (i - 1)) % 2 === 0) pieces[pieces.length - 1] += line;
      else pieces.push(line);
    }
    pieces[pieces.length - 1] = pieces.at(-1)!.slice(0, -1); // the last line may lack its line feed
    const histories = collect(pieces, PLAIN);
    assert(typeof histories !== "string");
    const found = [...histories].map(([dataset, history]) => [dataset, history.count, history.guids.join(" ")]);
    assertEquals(found as unknown, [["p/a", 3, "1 2 6"], ["p/a b", 2, "4 5"], ["p/a bc", 1, "3"]]);
    assertEquals([...histories.get(DATASET)!.newestFirst()].map(({ tag }) => tag), ["b", "a"]);
  }
});

Deno.test("RowCollector counts no row of a dataset itself, and knows which ones have not come", () => {
  const collector = new RowCollector(NEIGHBOURS, PLAIN);
  assertEquals([...collector.unseen], NEIGHBOURS);
  collector.take("1\t1\tp/a\n2\t2\tp/a@x\n3\t3\tp/a b@y\n9\t9\tp/a b/kid\n4\t4\tp/a#z\n5\t5\tp/a bc\n");
  assertEquals([...collector.unseen], ["p/a b"]);
  assertEquals([...collector.rows.values()], ["2\t2\tp/a@x\n4\t4\tp/a#z\n", "3\t3\tp/a b@y\n", ""]);
  collector.take("3\t3\tp/a b");
  assertEquals([...collector.unseen], []);
  assertEquals(collector.unreadable, undefined);
  // A child comes with its own row; at this depth with nothing else.
  for (
    const [piece, refused] of [["9\t9\tp/a/k\n1\t2\tp/a/k@x\n", "1\t2\tp/a/k@x"], ["1\t2\tp/a/k@x\n", "1\t2\tp/a/k@x"]]
  ) {
    assertEquals(collect([piece!], PLAIN), refused!);
  }
});

Deno.test("RowCollector reads the rows of datasets in the forms of all columns", () => {
  const histories = collect(["7\t99\t-\t4096\t5\tp/a b\n7\t99\t0\t1\t6\tp/a b@x\n7\t99\t-\t-\t6\tp/a b#x\n"], FULL);
  assert(typeof histories !== "string");
  assertEquals(histories.get(DATASET)!.versions.map(({ kind }) => kind), ["bookmark", "snapshot"]);
  assertEquals(collect(["7\t-\t-\t4096\t5\tp/a b\n"], FULL), "7\t-\t-\t4096\t5\tp/a b");
});

Deno.test("ListedHistory does not compare a createtxg as a number that may not be exact", () => {
  // Arithmetic on doubles takes the first of these for the smaller one.
  const rows = ["110712521447550570\t1\tp/a b@newer", "110712521447550569\t2\tp/a b@older"];
  assertEquals(readRows(rows, PLAIN).map(({ tag }) => tag), ["older", "newer"]);
});

Deno.test("RowCollector reads a dataset with many thousand rows", () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `${i}\t${i}\tp/a b@${i}\n`).join("");
  const histories = collect([rows + "1\t1\tp/a@x\n"], PLAIN);
  assert(typeof histories !== "string");
  assertEquals([...histories.values()].map(({ count }) => count), [1, 5000, 0]);
  assertEquals(collect([`${rows}1\tx\tp/a b@x\n`], PLAIN), "1\tx\tp/a b@x");
});

Deno.test("ListedHistory tells the same versions in order, from either end, whatever the order of its rows", () => {
  const rows = ["1\t11\tp/a b@a", "2\t12\tp/a b#b", "2\t12\tp/a b@b", "10\t13\tp/a b@c"];
  const large = rows.map((row) => `9007199254740992${row}`); // numbers would not tell these apart
  for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]]) {
    for (const some of [rows, large]) {
      const histories = collect(order.map((i) => `${some[i]}\n`), PLAIN);
      assert(typeof histories !== "string");
      const history = histories.get(DATASET)!;
      const names = ["snapshot a", "bookmark b", "snapshot b", "snapshot c"];
      const nameOf = ({ kind, tag }: { readonly kind: string; readonly tag: string }): string => `${kind} ${tag}`;
      assertEquals(history.versions.map(nameOf), names);
      assertEquals([...history.oldestFirst()].map(nameOf), names);
      assertEquals([...history.newestFirst()].map(nameOf), names.toReversed());
      assertEquals([...history.guids].sort(), ["11", "12", "12", "13"]);
      assertEquals(history.count, 4);
    }
  }
  const gone = goneHistory(DATASET);
  assertEquals([gone.versions, [...gone.newestFirst()], gone.guids.length, gone.count], [undefined, [], 0, 0]);
});

Deno.test("readValueRow() reads a value and a name", () => {
  assertEquals(readValueRow("1730881805\tp/a b"), { dataset: DATASET, value: "1730881805" });
  for (const row of ["", "p", "5\t", `5\t${"p".repeat(256)}`]) assertEquals(readValueRow(row), undefined, row);
});

Deno.test("readSnapshotsChanged() reads seconds, and 0 where ZFS knows none", () => {
  assertEquals(["1730881805", "-", ""].map(readSnapshotsChanged), [1730881805, 0, 0]);
  assertEquals(["x", "-1", "1 2"].map(readSnapshotsChanged), [undefined, undefined, undefined]);
});

Deno.test("readHasToken() tells a token from none, and from what is neither", () => {
  assertEquals(["-", "", "1-e604ea4bf-e0", "a b", "a\tb"].map(readHasToken), [
    false,
    false,
    true,
    undefined,
    undefined,
  ]);
});

Deno.test("goneDatasets() names what does not exist, and nothing where anything else was said", () => {
  const gone = (stderr: string): string[] | undefined => {
    const found = goneDatasets(stderr);
    return found && [...found];
  };
  assertEquals(gone("cannot open 'p/a b': dataset does not exist\ncannot open 'q': no such pool 'q'\n"), [
    "p/a b",
    "q",
  ]);
  assertEquals(gone(""), []);
  assertEquals(gone("cannot open 'p/a': dataset does not exist\ncannot open 'p/b': I/O error\n"), undefined);
  assertEquals(gone("cannot open 'p/a': permission denied\n"), undefined);
});

Deno.test("libzfsError() finds what libzfs tells, and takes nothing else for it", () => {
  const errors = [
    "cannot iterate filesystems: I/O error",
    "cannot iterate filesystems: pool I/O is currently suspended",
    "cannot open 'p/a': dataset does not exist",
    "cannot open 'p/a': no such pool or dataset",
    "internal error: out of memory",
    "internal error: cannot iterate filesystems: Invalid exchange",
    "$ cannot iterate filesystems: I/O error",
  ];
  const noise = [
    "",
    "Warning: Permanently added 'nas' (ED25519) to the list of known hosts.",
    "Could not chdir to home directory /home/bzfs: No such file or directory",
    "sudo: unable to resolve host nas: Name or service not known",
    "bash: warning: setlocale: LC_ALL: cannot change locale (de_DE.UTF-8): No such file or directory",
    "sh: 1: cannot create /var/log/x: Permission denied",
    "We trust you have received the usual lecture from the local System",
    "stty: 'standard input': Inappropriate ioctl for device",
    "zfs list is slow today",
  ];
  for (const line of errors) {
    assertEquals(libzfsError(`Welcome!\r\n${line}\r\nBye\n`), line);
  }
  assertEquals(libzfsError(noise.join("\n")), undefined);
});

Deno.test("diagnose() names the snapshots that are held, busy or cloned, and nothing else", () => {
  const names = (stderr: string): string[] => [...diagnose(stderr).blocked!].map((entry) => entry.join(" "));
  assertEquals(
    names(
      "cannot destroy snapshot p/a b@x: it's being held. Run 'zfs holds -r p/a b@x' to see holders.\n" +
        "cannot destroy snapshot p/a b@y: dataset is busy\n",
    ),
    ["p/a b@x in-use", "p/a b@y in-use"],
  );
  assertEquals(
    names(
      "cannot destroy 'p/a b@z': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\np/clone\n",
    ),
    ["p/a b@z cloned"],
  );
  assertEquals(names("cannot destroy snapshot p/a bc@x: dataset is busy\n"), ["p/a bc@x in-use"]);
  assertEquals(names("cannot destroy 'p/a b': dataset is busy\n"), []);
  assertEquals(names("cannot destroy 'p/a b@x': permission denied\n"), []);
  assertEquals(names("could not find any snapshots to destroy; check snapshot names.\n"), []);
});

Deno.test("what a receive could not set is told by property, and that there is more", () => {
  const stderr = "banner\ncannot receive readonly property on back/a: b: permission denied\n" +
    "cannot receive org.test:x property on back/a: b: property value too long\n" +
    "cannot receive new filesystem stream: out of space\n2 more properties could not be set\n";
  assertEquals(unappliedProperties(stderr), [
    { name: "readonly", why: "permission denied" },
    { name: "org.test:x", why: "property value too long" },
    { name: undefined, why: "2 more properties could not be set" },
  ]);
  assertEquals(unappliedProperties(""), []);
});
