/** Scenarios about what a user without rights is told, and about quotas. */
import { asUser, type Expectation, type PerVersion, pipe, run, type Scenario, write } from "./step.ts";

function denied(stderr: string, status: PerVersion<number> = 1): Expectation {
  return { status, stderr, fault: "denied" };
}

export const denying: readonly Scenario[] = [
  {
    name: "being-denied",
    steps: (s, d) => [
      run(`zfs snapshot ${s}@1`),
      run(`zfs snapshot ${s}@2`),
      run(`zfs bookmark ${s}@1 ${s}#1`),
      pipe(`${s}@1 | -u ${d}/n`),
      run(`zfs create -u ${d}/plain`),
      asUser(run(`zfs list -t snapshot -d 1 -s name -Hp -o name ${s}`, { stdout: `${s}@1\n${s}@2\n` })),
      asUser(run(`zfs send -n -v --parsable ${s}@1`)),
      asUser(run(`zfs snapshot ${s}@3`, denied("cannot create snapshots : permission denied\n"))),
      asUser(run(`zfs bookmark ${s}@1 ${s}#2`, denied(`cannot create bookmark '${s}#2': permission denied\n`))),
      asUser(run(`zfs destroy ${s}@1`, denied("cannot destroy snapshots: permission denied\n"))),
      asUser(run(`zfs destroy ${s}#1`, denied("cannot destroy bookmark: permission denied\n"))),
      asUser(run(`zfs destroy -r ${d}/n`, denied("cannot destroy snapshots: permission denied\n"))),
      asUser(run(`zfs destroy -r ${d}/plain`, denied(`cannot destroy '${d}/plain': permission denied\n`))),
      asUser(run(`zfs rollback ${s}@2`, denied(`cannot rollback '${s}': permission denied\n`))),
      asUser(run(`zfs rollback -r ${s}@1`, denied(`cannot destroy '${s}@2': permission denied\n`))),
      asUser(run(`zfs create -p -u ${d}/x`, denied(`cannot create '${d}/x': permission denied\n`))),
      asUser(
        run(
          `zfs set x:y=1 ${s}`,
          denied(`cannot set property for '${s}': permission denied\n`, { "2.1": 1, "2.3": 255 }),
        ),
      ),
      asUser(run(`zfs send ${s}@1`, denied(`warning: cannot send '${s}@1': permission denied\n`))),
      asUser(
        pipe(`-i ${s}@1 ${s}@2 | -u ${d}/n`, denied("cannot receive incremental stream: permission denied\n")),
      ),
      asUser(pipe(`${s}@1 | -u ${d}/x`, denied("cannot receive new filesystem stream: permission denied\n"))),
    ],
  },
  {
    name: "reaching-a-quota",
    steps: (s, d) => [
      write(s, 20_000_000),
      run(`zfs snapshot ${s}@1`),
      run(`zfs create -o quota=10M ${d}/q`),
      pipe(`${s}@1 | -u ${d}/q/x`, {
        status: 1,
        stderr: `cannot receive new filesystem stream: destination ${d}/q/x space quota exceeded.\n`,
        fault: "no-space",
      }),
      run(`zfs list -t filesystem -r -Hp -o name ${d}/q`, { stdout: `${d}/q\n` }),
      pipe(`${s}@1 | -u -s ${d}/q/x`, {
        status: 1,
        stderr: `cannot receive new filesystem stream: destination ${d}/q/x space quota exceeded.\n`,
        fault: "no-space",
      }),
      run(`zfs get -Hp -o value -s none receive_resume_token ${d}/q/x`, { stdout: /^1-/ }),
    ],
  },
];
