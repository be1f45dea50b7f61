import type { Dataset } from "../../../lib/model/dataset.ts";
import {
  compileDatasetSelection,
  judgeProperty,
  selectDatasets,
  selectedDatasets,
  Subtrees,
} from "../../../lib/plan/dataset_selection.ts";
import type { DatasetPolicy } from "../../../lib/model/job.ts";
import { assertEquals } from "../../support/assert.ts";

const ROOTS = { src: "tank/src" as Dataset, dst: "vault/dst" as Dataset };

const ALL: DatasetPolicy = {
  recursive: true,
  skipParent: false,
  includeDatasets: [],
  excludeDatasets: [],
  includeRegexes: [],
  excludeRegexes: [],
  excludeProperty: undefined,
};

function select(names: string, policy: Partial<DatasetPolicy>): string {
  const listing = names.split(" ").map((name) => `tank/src${name === "." ? "" : `/${name}`}` as Dataset);
  const selection = compileDatasetSelection({ ...ALL, ...policy }, ROOTS);
  const selected = selectedDatasets(selectDatasets(listing, selection, "src"));
  return selected.map((dataset) => dataset.slice("tank/src/".length) || ".").join(" ");
}

Deno.test("selectDatasets() excludes descendants, and never brings them back", () => {
  const tree = ". a a-b a/c ab b";
  assertEquals(select(tree, { excludeDatasets: ["a"] }), ". a-b ab b");
  assertEquals(select(tree, { excludeDatasets: ["a"], includeDatasets: ["a/c", "b"] }), "b");
  assertEquals(select(tree, { includeRegexes: ["a"] }), "a a/c");
  assertEquals(select(tree, { includeRegexes: ["!a"] }), ". a-b ab b");
});

Deno.test("selectDatasets() translates absolute names and ignores those of other trees", () => {
  const tree = ". a b";
  assertEquals(select(tree, { includeDatasets: ["/tank/src/a/"] }), "a");
  assertEquals(select(tree, { includeDatasets: ["/vault/dst/b"] }), "b");
  assertEquals(select(tree, { includeDatasets: ["/other/a"] }), tree);
  assertEquals(select(tree, { includeDatasets: ["/tank/src"] }), tree);
});

Deno.test("selectDatasets() leaves out the root with --skip-parent", () => {
  assertEquals(select(". a", { skipParent: true }), "a");
});

Deno.test("judgeProperty() reads the value as the specification says", () => {
  const verdicts = ["", "-", "TRUE", " nas , x", "nas", "False", "NAS", "nas.local", ","].map((value) =>
    judgeProperty(value, "nas").verdict === "selected"
  );
  assertEquals(verdicts, [true, true, true, true, true, false, false, false, false]);
  assertEquals(judgeProperty(undefined, "nas").verdict, "excluded");
});

Deno.test("Subtrees remember every root, also behind siblings that sort in between", () => {
  const dropped = new Subtrees(["t/a" as Dataset]);
  dropped.add("t/a-b" as Dataset);
  const covered = ["t", "t/a", "t/a-b", "t/a-c", "t/a/c", "t/a-b/c"].map((name) => dropped.covers(name as Dataset));
  assertEquals(covered, [false, true, true, false, true, true]);
});
