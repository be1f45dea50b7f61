import { redactText, redactWords } from "../../../lib/report/redaction.ts";
import { failureOf } from "../../../lib/report/failure.ts";
import { quoteWord } from "../../../lib/host/process/shell.ts";
import { CommandError, PartialFailure, RefusedError } from "../../../lib/model/errors.ts";
import { TransferError } from "../../../lib/model/transfer_error.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { forAll } from "../../support/for_all.ts";

const TOKEN = `1-c740b4779-e8-${"789c636064000310a500c4ec50360710e72765a5269740d80cd8e5d3d28a534b1848"}`;

Deno.test("redactText() takes out values of user properties and of keylocation, wherever a command has them", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["zfs receive -o org.x:key=secret -u d", "zfs receive -o org.x:key=<redacted> -u d"],
    ["zfs receive -o keylocation=https://u:p@h/k d", "zfs receive -o keylocation=<redacted> d"],
    ["zfs receive -oorg.x:key=secret d", "zfs receive -oorg.x:key=<redacted> d"],
    ["zfs receive -o 'org.x:key=two words' d", "zfs receive -o 'org.x:key=<redacted>' d"],
    ["zfs receive -o compression=lz4 -o recordsize=1M d", "zfs receive -o compression=lz4 -o recordsize=1M d"],
    [`a ${quoteWord("org.x:key=it's secret")} b`, "a 'org.x:key=<redacted>' b"],
    [`ssh h ${quoteWord(`zfs set ${quoteWord("a:b=x y")} d`)}`, `ssh h 'zfs set '"'"'a:b=<redacted>'"'"' d'`],
    [`zfs send -t ${TOKEN}`, "zfs send -t <redacted>"],
    ["tank/a@b root@host:tank/c 12:30", "tank/a@b root@host:tank/c 12:30"],
    ["550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"],
  ];
  for (const [text, safe] of cases) assertEquals(redactText(text), safe);
});

Deno.test("redactWords() keeps options and hides what their values give away", () => {
  assertEquals(
    redactWords([
      "--zfs-recv-program-opts=-u -o keylocation=file:///key -o org.x:p=s3cret -o canmount=off",
      "--zfs-recv-program-opt",
      "org.x:p=two words",
      "--zfs-recv-program-opt=keylocation=prompt me",
      "--include-snapshot-regex=a:b.*",
      "tank/a",
      "root@h:b",
    ]),
    [
      "--zfs-recv-program-opts=-u -o keylocation=<redacted> -o org.x:p=<redacted> -o canmount=off",
      "--zfs-recv-program-opt",
      "org.x:p=<redacted>",
      "--zfs-recv-program-opt=keylocation=<redacted>",
      "--include-snapshot-regex=a:b.*",
      "tank/a",
      "root@h:b",
    ],
  );
});

Deno.test("redactText() hides any value, however deep it is quoted", async () => {
  const characters = [..."abc \"'`\n\\$=<>é"];
  await forAll((dice) => {
    const filler = dice.times(dice.integer(1, 12), () => dice.pick(characters)).join("");
    return { value: `QX${filler}QY`, depth: dice.integer(0, 2) };
  }, ({ value, depth }) => {
    let command = `zfs receive -o ${quoteWord(`org.x:key=${value}`)} -u back/d`;
    for (let i = 0; i < depth; i++) command = `ssh h ${quoteWord(command)}`;
    const safe = redactText(command);
    assert(!safe.includes("QX") && !safe.includes("QY"), safe);
  }, { runs: 500, seed: 7 });
});

Deno.test("failureOf() tells what an error knows, without secrets and without end", () => {
  const culprit = { role: "receive", host: "nas", command: "zfs receive -o a:b=secret d", status: 1 };
  const sender = { role: "send", host: "localhost", command: `zfs send -t ${TOKEN}`, status: undefined };
  const stderr = "cannot receive: \u{fffd}<script>\n";
  const stages = [sender, culprit];
  const error = new TransferError({ culprit, culpritStderr: stderr, stages, stderr, fault: "no-space" });
  const failure = failureOf(error);
  assertEquals(failure.type, "TransferError");
  assertEquals(failure.exitStatus, 3);
  assertEquals(failure.command, { text: "zfs receive -o a:b=<redacted> d", host: "nas", status: 1, fault: "no-space" });
  assertEquals(failure.stages, [
    { role: "send", host: "localhost", isCulprit: false },
    { role: "receive", host: "nas", status: 1, isCulprit: true },
  ]);
  assert(failure.message.includes("<script>"));
  assert(!JSON.stringify(failure).includes("secret"));
  const endless = new CommandError({ command: "x".repeat(1e6), host: "h", status: 9, stderr: "", fault: "unknown" });
  assert(JSON.stringify(failureOf(endless)).length < 10_000);
  assertEquals(failureOf(new PartialFailure(new RefusedError("no", { hint: "Do." }), ["no", "nor"])).others, 1);
  assertEquals(failureOf("text"), { type: "Error", message: "text", exitStatus: 3 });
});
