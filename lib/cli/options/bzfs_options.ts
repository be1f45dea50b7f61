/**
 * The option table of `bzfs`: its parts put together.
 * @module
 */
import { GUARD_OPTIONS } from "./table/guards.ts";
import { CONFLICT_OPTIONS } from "./table/conflicts.ts";
import { LIMIT_OPTIONS } from "./table/limits.ts";
import { PLAN_FILE_OPTIONS } from "./table/plan_files.ts";
import { REPLICATION_OPTIONS } from "./table/replication.ts";
import { REPORT_OPTIONS } from "./table/reports.ts";
import { RETENTION_OPTIONS } from "./table/retention.ts";
import { SELECTION_OPTIONS } from "./table/selection.ts";
import { SNAPSHOT_OPTIONS } from "./table/snapshots.ts";
import { SYSTEM_OPTIONS } from "./table/system.ts";

/** Every option of `bzfs`. */
export const BZFS_OPTIONS = [
  ...SELECTION_OPTIONS,
  ...SNAPSHOT_OPTIONS,
  ...REPLICATION_OPTIONS,
  ...GUARD_OPTIONS,
  ...CONFLICT_OPTIONS,
  ...RETENTION_OPTIONS,
  ...LIMIT_OPTIONS,
  ...SYSTEM_OPTIONS,
  ...REPORT_OPTIONS,
  ...PLAN_FILE_OPTIONS,
] as const;

/** Type of the table, for `ParsedArguments`. */
export type BzfsOptions = typeof BZFS_OPTIONS;
