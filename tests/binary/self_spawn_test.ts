/** `--spawn-process-per-job` from wherever the executable is, and whatever it is called. */
import { assert, assertMatch } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { withTempFolder } from "../support/temp.ts";

const executable = `${import.meta.dirname}/../../dist/bzfs`;

/** Makes a file to start in a folder; returns its path and the words that make it the runner. */
type Install = (folder: string) => Promise<readonly string[]>;

const installs: Readonly<Record<string, Install>> = {
  "a path that is not on the PATH": () => Promise.resolve([executable, "jobrunner"]),
  "a copy with the runner's name": async (folder) => {
    await Deno.copyFile(executable, `${folder}/bzfs_jobrunner`);
    return [`${folder}/bzfs_jobrunner`];
  },
  "a symlink with the runner's name": async (folder) => {
    await Deno.symlink(executable, `${folder}/bzfs_jobrunner`);
    return [`${folder}/bzfs_jobrunner`];
  },
  "a copy in a folder with a blank and a quote": async (folder) => {
    await Deno.mkdir(`${folder}/it's a folder`);
    await Deno.copyFile(executable, `${folder}/it's a folder/b z`);
    return [`${folder}/it's a folder/b z`, "jobrunner"];
  },
};

const policy = [
  "--job-id=self",
  "--src-hosts=['localhost']",
  "--dst-hosts={}",
  "--src-snapshot-plan={'a': {'b': {'daily': 1}}}",
  "--create-src-snapshots",
  "--spawn-process-per-job",
];

for (const [name, install] of Object.entries(installs)) {
  Deno.test(`bzfs_jobrunner starts itself as bzfs from ${name}`, async () => {
    await withTempFolder(async (folder) => {
      const program = await install(folder);
      const log = `--log-dir=${folder}/bzfs-logs`;
      const pair = ["--root-dataset-pairs", "no-such-pool/a", "b"];
      const { code, stdout, stderr } = await capture([...program, log, ...policy, ...pair]);
      assert([3, 127].includes(code), stdout + stderr);
      assertMatch(
        stderr,
        /\[bzfs_jobrunner\] Worker job failed with exit code (?:3|127) in .* -- -:no-such-pool\/a dummy\n/,
      );
      assertMatch(
        stdout,
        /\[I\] CLI arguments: +bzfs --no-argument-file --log-dir=.* -- -:no-such-pool\/a dummy \[uid/,
      );
      assertMatch(stdout, /\[E\] ERROR: Exiting bzfs with status code /);
      assertMatch(
        stdout,
        new RegExp(`Log file was: ${folder}/bzfs-logs/.*/bzfs_jobrunner,create-src-snapshots,.*,self`),
      );
    });
  });
}
