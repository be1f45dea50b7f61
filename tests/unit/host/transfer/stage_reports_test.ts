import type { WatchedStage } from "../../../../lib/host/transfer/pipeline_text.ts";
import { StageReports } from "../../../../lib/host/transfer/stage_reports.ts";
import { assertEquals } from "../../../support/assert.ts";
import { Dice } from "../../../support/for_all.ts";

const WORD = "bzfs-stage-0123456789abcdef";
const FAR = "bzfs-stage-fedcba9876543210";

function stage(id: number, role: WatchedStage["role"], word: string | undefined, parent?: number): WatchedStage {
  return { id, role, host: parent === undefined ? "localhost" : "h1", command: role, word, parent };
}

/** A pull: an ssh that runs send and compress, and receive here. */
const PULL = [
  stage(0, "connect", WORD),
  stage(1, "send", FAR, 0),
  stage(2, "compress", FAR, 0),
  stage(3, "receive", WORD),
];

function verdict(stderr: string, shellStatus = 0, stages = PULL): unknown {
  const reports = new StageReports(stages);
  const reader = reports.reader();
  reader.feed(new TextEncoder().encode(stderr));
  reader.end();
  const culprit = reports.culprit(shellStatus);
  return culprit && { role: culprit.stage.role, status: culprit.status, stderr: culprit.stderr };
}

Deno.test("StageReports take records out of stderr wherever reads cut it", () => {
  const said = [`one bzfs-stage-xyz ${WORD} 9 0\n`, `two bzfs-stage-`, `\xffthree${WORD} 1 0\n`];
  const bytes = new TextEncoder().encode(
    `${said[0]}${FAR} 1 0\n${said[1]}${FAR} 2 0\n${WORD} 0 0\n${said[2]}${WORD} 3 0\nrest`,
  );
  for (let seed = 1; seed <= 200; seed++) {
    const dice = new Dice(seed);
    const reports = new StageReports(PULL);
    const reader = reports.reader();
    for (let at = 0; at < bytes.length;) {
      const next = Math.min(bytes.length, at + dice.integer(1, seed % 2 === 0 ? 3 : 40));
      reader.feed(bytes.subarray(at, next));
      at = next;
    }
    reader.end();
    assertEquals(reports.text(), `${said.join("")}rest`);
    assertEquals(reports.outcomes().map(({ status }) => status), [0, 0, 0, 0]);
    assertEquals(reports.culprit(0), undefined);
  }
});

Deno.test("StageReports blame the first failure, and inside an ssh the first failure there", () => {
  assertEquals(verdict(`no space\n${WORD} 3 1\n${FAR} 2 141\n${FAR} 1 141\n${WORD} 0 141\n`, 1), {
    role: "receive",
    status: 1,
    stderr: "no space\n",
  });
  assertEquals(verdict(`gone\n${FAR} 1 1\nend\n${FAR} 2 0\n${WORD} 0 0\n${WORD} 3 1\n`, 1), {
    role: "send",
    status: 1,
    stderr: "gone\n",
  });
});

Deno.test("StageReports blame the ssh that lost its connection", () => {
  assertEquals(verdict(`closed\n${WORD} 0 255\n${WORD} 3 1\n`, 1), {
    role: "connect",
    status: 255,
    stderr: "closed\n",
  });
});

Deno.test("StageReports blame a stage whose shell told only about others", () => {
  assertEquals(verdict(`${FAR} 2 0\n${WORD} 0 0\n${WORD} 3 0\n`), { role: "send", status: undefined, stderr: "" });
  assertEquals(verdict(`${FAR} 1 0\n${FAR} 2 0\n${WORD} 0 0\n`), { role: "receive", status: undefined, stderr: "" });
});

Deno.test("StageReports trust the status of an ssh whose stderr is kept from us", () => {
  assertEquals(verdict(`${WORD} 0 0\n${WORD} 3 0\n`), undefined);
});

Deno.test("StageReports blame somebody if the shell failed and nobody told why", () => {
  assertEquals(verdict("sh: out of memory\n", 2), { role: "receive", status: 2, stderr: "sh: out of memory\n" });
});

Deno.test("StageReports do not let a far shell speak for others, nor a failure be taken back", () => {
  assertEquals(verdict(`${FAR} 3 0\n${FAR} 1 0\n${FAR} 2 0\n${WORD} 0 0\n${WORD} 3 7\nlater\n${WORD} 3 0\n`, 1), {
    role: "receive",
    status: 7,
    stderr: `${FAR} 3 0\n`,
  });
});
