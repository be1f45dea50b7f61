import { FileLimit } from "../../../../lib/host/process/file_limit.ts";
import { SILENT_LOGGER } from "../../../../lib/model/log.ts";
import { assertEquals } from "../../../support/assert.ts";

/** A limit, what it was raised to, and what the log says. */
function limit(
  soft: number,
  hard: number,
  mayRaise = true,
): {
  readonly files: FileLimit;
  readonly raised: number[];
  readonly texts: string[];
  readonly log: typeof SILENT_LOGGER;
} {
  const raised: number[] = [];
  const raise = (to: number): Promise<boolean> => {
    raised.push(to);
    return Promise.resolve(mayRaise);
  };
  const texts: string[] = [];
  const log = { ...SILENT_LOGGER, log: (_level: string, _label: string, text: string) => void texts.push(text) };
  return { files: new FileLimit(() => ({ soft, hard, raise })), raised, texts, log };
}

Deno.test("FileLimit leaves a limit alone that is high enough", async () => {
  const { files, raised, texts, log } = limit(1024, 4096);
  using share = files.share(log);
  assertEquals([await share.workers(100, 8), await share.workers(1, 8), raised, texts], [100, 1, [], []]);
  assertEquals(await limit(Infinity, Infinity).files.share(log).workers(1e6, 24), 1e6);
});

Deno.test("FileLimit raises the limit to what is needed, and no share lowers it again", async () => {
  const { files, raised, texts, log } = limit(40, 1000);
  using one = files.share(log);
  using two = files.share(log);
  assertEquals(await Promise.all([one.workers(10, 8), two.workers(2, 8)]), [10, 2]);
  assertEquals([raised.at(-1), texts], [32 + 12 * 8, []]);
  assertEquals(raised, raised.toSorted((a, b) => a - b));
});

Deno.test("FileLimit grants fewer workers where it cannot be raised far enough, at least one, and says so once", async () => {
  for (const mayRaise of [true, false]) {
    const { files, texts, log } = limit(48, mayRaise ? 64 : 1000, mayRaise);
    using share = files.share(log);
    assertEquals(await share.workers(8, 8), mayRaise ? 4 : 2);
    assertEquals(await share.workers(8, 24), 1);
    const [first = "", ...others] = texts;
    assertEquals(others, []);
    const workers = mayRaise ? "4 instead of 8 workers" : "2 instead of 8 workers";
    assertEquals(first.slice(0, first.indexOf(",")), `Working with ${workers}`);
  }
});

Deno.test("FileLimit gives to others what a share has given back", async () => {
  const { files, log } = limit(64, 64);
  const one = files.share(log);
  using two = files.share(log);
  assertEquals([await one.workers(3, 8), await two.workers(3, 8)], [3, 1]);
  one[Symbol.dispose]();
  assertEquals(await two.workers(3, 8), 3);
});
