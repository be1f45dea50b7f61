/** Scenarios about `zfs send -R`. */
import { pipe, run, type Scenario, write } from "./step.ts";

export const packages: readonly Scenario[] = [
  {
    name: "sending-packages",
    steps: (s, d) => [
      run(`zfs create ${s}/kid`),
      run(`zfs create ${s}/kid/grandkid`),
      write(s),
      run(`zfs set x:y=1 ${s}/kid`),
      run(`zfs snapshot -r ${s}@1`),
      run(`zfs snapshot -r ${s}@2`),
      run(`zfs snapshot -r ${s}@3`),
      pipe(`-R --raw ${s}@2 | -u ${d}/n`),
      run(`zfs list -t all -r -Hp -o name ${d}/n`, {
        lines: ["", "/kid", "/kid/grandkid"].flatMap((tail) => [
          `${d}/n${tail}`,
          `${d}/n${tail}@1`,
          `${d}/n${tail}@2`,
        ]),
      }),
      run(`zfs get -Hp -o property,value,source -s local,received x:y ${d}/n/kid`, { stdout: "x:y\t1\treceived\n" }),
      pipe(`-R -I ${s}@2 ${s}@3 | -u ${d}/n`),
      run(`zfs list -t snapshot -r -Hp -o name ${d}/n`, {
        lines: ["", "/kid", "/kid/grandkid"].flatMap((tail) => ["1", "2", "3"].map((tag) => `${d}/n${tail}@${tag}`)),
      }),
      run(`zfs destroy ${s}/kid@3`),
      pipe(`-R ${s}@3 | -u ${d}/m`, {
        status: 1,
        stderr: `cannot send ${s}@3 recursively: snapshot ${s}/kid@3 does not exist\n` +
          `warning: cannot send '${s}@3': backup failed\ncannot receive: failed to read from stream\n`,
      }),
      pipe(`-R -s ${s}@3 | -u ${d}/m`, {
        stderr: `WARNING: skipping dataset ${s}/kid and its children: snapshot 3 does not exist\n`,
      }),
      run(`zfs list -t filesystem -r -Hp -o name ${d}/m`, { lines: [`${d}/m`] }),
    ],
  },
];
