/**
 * What the findings of `bzfs status` mean, for a person who meets one. Source: docs/spec/status.md §4.
 * @module
 */

/** A finding by its stable name. */
interface FindingMeaning {
  readonly id: string;
  /** One sentence, without a period. */
  readonly meaning: string;
  /** Title of the section of the runbook that helps; absent if the finding's own remedy is all. */
  readonly section?: string;
}

/** All findings, in the order of the judgement. */
export const FINDING_MEANINGS: readonly FindingMeaning[] = [
  {
    id: "host-unreachable",
    meaning: "The host does not answer, or its answers cannot be read; bzfs doctor says what keeps it from that",
    section: "Hang",
  },
  {
    id: "pool-not-imported",
    meaning: "The host answers, and its pool is not there",
    section: "Pool not imported",
  },
  { id: "source-missing", meaning: "The source root does not exist", section: "Dataset renamed" },
  {
    id: "nothing-selected",
    meaning: "No dataset below the root is selected: the filters of the job file leave all of them out",
  },
  {
    id: "never-received",
    meaning: "A dataset of the source is not at the destination, or has no snapshot there although the source has some",
    section: "Monitoring red",
  },
  {
    id: "not-monitored",
    meaning: "Nothing in monitor-snapshot-plan limits the age of the newest snapshots at the end of the route",
  },
  {
    id: "destination-gone",
    meaning: "A dataset that a run of this host had replicated is not at the destination any more",
    section: "Monitoring red",
  },
  {
    id: "both-gone",
    meaning: "A dataset that a run of this host had replicated is at neither side any more: it was destroyed at both",
  },
  {
    id: "source-gone",
    meaning: "A dataset of the destination is not at the source any more: it was destroyed, or renamed",
    section: "Dataset renamed",
  },
  {
    id: "source-late",
    meaning: "The newest snapshot of a label at the source is too old, or there is none",
    section: "Monitoring red",
  },
  {
    id: "route-late",
    meaning: "The newest snapshot of a label at the destination is too old, or there is none",
    section: "Monitoring red",
  },
  { id: "source-old", meaning: "The oldest snapshot of a label at the source is too old: pruning has stopped" },
  { id: "route-old", meaning: "The oldest snapshot of a label at the destination is too old: pruning has stopped" },
  {
    id: "removable-away",
    meaning: "A destination that may be away has been so for longer than its limits",
    section: "Removable drive",
  },
  {
    id: "partial-receive",
    meaning: "An interrupted receive that no process goes on with: the next replication does",
    section: "Stale resume token",
  },
  {
    id: "diverged",
    meaning:
      "The newest snapshot of a label has the same name on both sides, and is another one; or the last run has found a copy " +
      "with snapshots that are newer than all that it shares with the source",
    section: "Diverged",
  },
  { id: "pool-replaced", meaning: "Another pool has the name that the known one had, by its guid" },
  {
    id: "clock-behind",
    meaning: "Snapshots or runs are more than 5 minutes from the future, by the clock of this host",
  },
  { id: "pool-health", meaning: "The pool is not ONLINE, or does not tell" },
  { id: "pool-full", meaning: "The pool is 90 % full, or more", section: "Pool full" },
  {
    id: "run-missing",
    meaning: "The schedule of this host has an action that was not run for too long, or never",
    section: "Monitoring red",
  },
  {
    id: "run-failing",
    meaning: "Runs take place and fail, and the last success is too long ago",
    section: "Monitoring red",
  },
  { id: "run-failed", meaning: "The last run failed; nothing is late because of that yet", section: "Monitoring red" },
  {
    id: "run-stuck",
    meaning: "A run has been at work for longer than the busy limit, or a daemon has ended no round for too long",
    section: "Hang",
  },
  {
    id: "host-not-in-job",
    meaning: "Runs of this job have been here, and the schedule of the job file has no part for this host",
    section: "Host renamed",
  },
  {
    id: "state-unreadable",
    meaning: "What runs have kept in the log folder cannot be used: torn, of others, or others may write there",
  },
  {
    id: "state-lost",
    meaning: "What runs had kept was unusable, and was begun anew; goes away by itself with 30 runs",
  },
  {
    id: "held-back",
    meaning: "Limits have kept something from being destroyed, and nobody has decided about it",
    section: "Status 5",
  },
];
