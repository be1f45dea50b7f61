/**
 * What makes two invocations the same job, as one text: it is hashed for the name of the lock file.
 *
 * Source: docs/spec/cli.md §16.
 * @module
 */
import type { SnapshotFilterGroup } from "../../model/snapshot_filter.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";
import { type OptionName } from "../options/option.ts";
import { BZFS_OPTIONS, type BzfsOptions } from "../options/bzfs_options.ts";
import { notationText } from "../literal/read.ts";
import { planOf } from "./schedule.ts";

/** Options whose values belong to the identity as they are. */
const VERBATIM: readonly OptionName<BzfsOptions>[] = [
  "--recursive",
  "--exclude-dataset-property",
  "--include-dataset",
  "--exclude-dataset",
  "--include-dataset-regex",
  "--exclude-dataset-regex",
  "--skip-replication",
  "--create-src-snapshots",
  "--create-src-snapshots-timeformat",
  "--delete-dst-datasets",
  "--delete-dst-snapshots",
  "--force-delete-dst-tmp-bookmarks",
  "--delete-empty-dst-datasets",
  "--compare-snapshot-lists",
  "--monitor-snapshots",
  "--ssh-src-host",
  "--ssh-dst-host",
  "--ssh-src-user",
  "--ssh-dst-user",
  "--ssh-src-port",
  "--ssh-dst-port",
];

/** The canonical text. */
export function jobIdentity(
  parsed: BzfsArguments,
  filters: readonly SnapshotFilterGroup[],
  absolutePath: (path: string) => string,
): string {
  const anchors = BZFS_OPTIONS.filter((option) => option.section === "Calendar anchors").map((option) => option.name);
  const values = [...VERBATIM, ...anchors].map((name) => [name, parsed.valueOf(name)]);
  const configFiles = [parsed.text("--ssh-src-config-file"), parsed.text("--ssh-dst-config-file")];
  return JSON.stringify([
    parsed.words.operands,
    values,
    parsed.flag("--delete-dst-snapshots-except") || parsed.isGiven("--delete-dst-snapshots-except-plan"),
    notationText(planOf(parsed)),
    filters,
    configFiles.map((path) => path === undefined ? null : absolutePath(path)),
  ]);
}
