/** Scenarios about encrypted datasets. */
import { cut, pipe, remember, run, type Scenario, type Step, write } from "./step.ts";

function encrypted(s: string): Step[] {
  return [
    run(`zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/conformance.key ${s}/e`),
    write(`${s}/e`),
    run(`zfs snapshot ${s}/e@1`),
    write(`${s}/e`),
    run(`zfs snapshot ${s}/e@2`),
  ];
}

export const encryption: readonly Scenario[] = [
  {
    name: "replicating-encrypted-datasets-raw",
    steps: (s, d) => [
      ...encrypted(s),
      run(`zfs get -Hp -o value -s none encryptionroot ${s}/e`, { stdout: `${s}/e\n` }),
      pipe(`--raw ${s}/e@1 | -F -u -s ${d}/raw`),
      run(`zfs get -Hp -o value -s none encryptionroot ${d}/raw`, { stdout: `${d}/raw\n` }),
      cut(`--raw -i ${s}/e@1 ${s}/e@2 | -u -s ${d}/raw`, 200_000, { status: 1 }),
      remember("T", `${d}/raw`),
      run("zfs send -n -v -t $T", { stdout: /\n\tcompressok = 1\n\trawok = 1\nsend from / }),
      pipe(`-t $T | -u -s ${d}/raw`),
      run(`zfs create ${d}/raw/kid`, {
        status: 1,
        stderr: `cannot create '${d}/raw/kid': encryption root's key is not loaded or provided\n`,
      }),
      pipe(`${s}/e@1 | -u ${d}/raw/kid`, {
        status: 1,
        stderr: "cannot receive new filesystem stream: inherited key must be loaded\n",
      }),
    ],
  },
  {
    name: "replicating-encrypted-datasets-not-raw",
    steps: (s, d) => [
      ...encrypted(s),
      pipe(`${s}/e@1 | -F -u -s ${d}/plain`),
      run(`zfs get -Hp -o value -s none encryptionroot ${d}/plain`, { stdout: "-\n" }),
      pipe(`--raw -i ${s}/e@1 ${s}/e@2 | -u -s ${d}/plain`, {
        status: 1,
        stderr:
          "cannot receive incremental stream: cannot perform raw receive on top of existing unencrypted dataset\n",
      }),
      run(`zfs send -n -v --parsable -p ${s}/e@1`, {
        status: 1,
        stderr:
          `cannot send ${s}/e@1: encrypted dataset ${s}/e may not be sent with properties without the raw flag\n` +
          `warning: cannot send '${s}/e@1': backup failed\n`,
      }),
      run(`zfs unmount ${s}/e`),
      run(`zfs unload-key ${s}/e`),
      pipe(`${s}/e@1 | -u ${d}/x`, {
        status: 1,
        stderr:
          `warning: cannot send '${s}/e@1': dataset key must be loaded\ncannot receive: failed to read from stream\n`,
      }),
    ],
  },
];
