/**
 * Rows of listings, one by one: what is read, what is refused, and which snapshots a failed deletion names.
 */
import { datasetFromZfs } from "../../../lib/model/dataset.ts";
import { blockedTags } from "../../../lib/zfs/diagnosis.ts";
import {
  datasetOfRow,
  guidOfRow,
  historiesCommand,
  isRowOf,
  readSnapshotsChangedRow,
  readVersionRow,
} from "../../../lib/zfs/dialect.ts";
import { goneHistory, ListedHistory } from "../../../lib/zfs/listed_history.ts";
import type { HistoryListing } from "../../../lib/zfs/world.ts";
import { assertEquals } from "../../support/assert.ts";

const PLAIN: HistoryListing = { bookmarks: true, creation: false };
const FULL: HistoryListing = { bookmarks: true, creation: true, holds: true, written: true };
const DATASET = datasetFromZfs("p/a b");

Deno.test("historiesCommand() asks for the columns and types that are wanted", () => {
  const words = (listing: HistoryListing): string => historiesCommand(listing).join(" ");
  assertEquals(words(PLAIN), "zfs list -t snapshot,bookmark -d 1 -Hp -o createtxg,guid,name");
  assertEquals(words({ ...PLAIN, snapshots: false }), "zfs list -t bookmark -d 1 -Hp -o createtxg,guid,name");
  assertEquals(
    words({ ...FULL, bookmarks: false }),
    "zfs list -t snapshot -d 1 -Hp -o createtxg,creation,userrefs,written,guid,name",
  );
});

Deno.test("readVersionRow() reads snapshots and bookmarks, and nothing that is neither", () => {
  const base = { dataset: DATASET, tag: "x:1", createtxg: 7n };
  assertEquals(readVersionRow("7\t5\tp/a b@x:1", PLAIN) as unknown, {
    kind: "snapshot",
    ...base,
    guid: "5",
    createdAt: 0,
  });
  assertEquals(readVersionRow("7\t99\t2\t4096\t5\tp/a b@x:1", FULL) as unknown, {
    kind: "snapshot",
    ...base,
    guid: "5",
    createdAt: 99,
    holds: 2,
    written: 4096n,
  });
  assertEquals(readVersionRow("7\t99\t-\t-\t5\tp/a b#x:1", FULL) as unknown, {
    kind: "bookmark",
    ...base,
    guid: "5",
    createdAt: 99,
  });
  for (const row of ["", "7\t5\tp", "7\tp@x", "x\t5\tp@x", "7\t\tp@x", "7\t5\t6\tp@x", "7\t-\tp@x", "\t5\tp@x"]) {
    assertEquals(readVersionRow(row, PLAIN), undefined, row);
    assertEquals(datasetOfRow(row, PLAIN), undefined, row);
  }
});

Deno.test("isRowOf() takes rows of this dataset only", () => {
  assertEquals(isRowOf("7\t5\tp/a b@x", DATASET), true);
  assertEquals(isRowOf("7\t5\tp/a b#x", DATASET), true);
  for (const row of ["7\t5\tp/a bc@x", "7\t5\tp/a@x", "7\tx\tp/a b@x", "p/a b@x", "-\t5\tp/a b@x", ""]) {
    assertEquals(isRowOf(row, DATASET), false, row);
  }
});

Deno.test("ListedHistory tells the same versions in order, from either end, whatever the order of its rows", () => {
  const rows = ["1\t11\tp/a b@a", "2\t12\tp/a b#b", "2\t12\tp/a b@b", "10\t13\tp/a b@c"];
  for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]]) {
    const history = new ListedHistory(DATASET, order.map((i) => rows[i]!), PLAIN);
    const names = ["snapshot a", "bookmark b", "snapshot b", "snapshot c"];
    const nameOf = ({ kind, tag }: { readonly kind: string; readonly tag: string }): string => `${kind} ${tag}`;
    assertEquals(history.versions.map(nameOf), names);
    assertEquals([...history.oldestFirst()].map(nameOf), names);
    assertEquals([...history.newestFirst()].map(nameOf), names.toReversed());
    assertEquals([...history.guids].sort(), ["11", "12", "12", "13"]);
  }
  assertEquals(rows.map(guidOfRow) as string[], ["11", "12", "12", "13"]);
  const gone = goneHistory(DATASET);
  assertEquals([gone.versions, [...gone.newestFirst()], gone.guids.length], [undefined, [], 0]);
});

Deno.test("readSnapshotsChangedRow() reads seconds, and 0 where ZFS knows none", () => {
  assertEquals(readSnapshotsChangedRow("1730881805\tp/a b"), { dataset: DATASET, changed: 1730881805 });
  assertEquals(readSnapshotsChangedRow("-\tp/a b"), { dataset: DATASET, changed: 0 });
  for (const row of ["", "p", "x\tp", "5\t"]) assertEquals(readSnapshotsChangedRow(row), undefined, row);
});

Deno.test("blockedTags() names what is held, busy or cloned in this dataset, and nothing else", () => {
  const tags = (stderr: string): string[] => [...blockedTags(stderr, "p/a b")];
  assertEquals(
    tags(
      "cannot destroy snapshot p/a b@x: it's being held. Run 'zfs holds -r p/a b@x' to see holders.\n" +
        "cannot destroy snapshot p/a b@y: dataset is busy\n",
    ),
    ["x", "y"],
  );
  assertEquals(
    tags(
      "cannot destroy 'p/a b@z': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\np/clone\n",
    ),
    ["z"],
  );
  assertEquals(tags("cannot destroy snapshot p/a bc@x: dataset is busy\n"), []);
  assertEquals(tags("cannot destroy 'p/a b@x': permission denied\n"), []);
  assertEquals(tags("could not find any snapshots to destroy; check snapshot names.\n"), []);
});
