/**
 * The programs that the option table names by default.
 * @module
 */
import type { ProgramPolicy } from "../../lib/model/job.ts";

/** Default of the options `--*-program`, without options of their own. */
export const DEFAULT_PROGRAMS: ProgramPolicy = {
  compression: "zstd",
  compressionOptions: [],
  mbuffer: "mbuffer",
  mbufferOptions: [],
  pv: "pv",
  pvOptions: [],
  ps: "ps",
  shell: "sh",
  ssh: "ssh",
  sudo: "sudo",
  zpool: "zpool",
};
