/**
 * What `--cache-snapshots` remembers about something. Source: docs/spec/replication.md §14.1.
 * @module
 */

/** What is remembered about something, as the two times of a file. Unix seconds; 0 = nothing. */
export interface CacheStamp {
  /** When the set of snapshots had changed last: the file's mtime. */
  readonly changed: number;
  /**
   * Creation of the snapshot in question: the file's atime. In the stamp of a replication, the time of the destination
   * (the reference writes `changed` there, and believes the destination's own stamp, which any run may have renewed).
   * Otherwise equal to `changed`.
   */
  readonly created: number;
}
