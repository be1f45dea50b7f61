/** What the executable does with too few files to open. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Run, scene } from "../support/output_scene.ts";

const executable = `'${import.meta.dirname}/../../dist/bzfs' bzfs`;

/** A replication by eight workers after a command of the shell. */
async function replicate(limit: string): Promise<Run> {
  await using it = await scene(executable);
  return await it.sh(`${limit}; $BZFS -r --retries=0 --threads=8 tank/src back/x`);
}

Deno.test("dist/bzfs tells as the cause that there are too many open files", async () => {
  const { status, out, err } = await replicate("ulimit -n 24");
  assertEquals([status, err], [3, ""], out);
  assertMatch(
    out,
    /Exiting bzfs with status code 3\. Cause: Command '[^\n]*' on localhost cannot be started: [^\n]*Too many open files/,
  );
  assert(out.includes("LimitNOFILE="), out);
});

Deno.test("dist/bzfs works with as many workers as there are files for", async () => {
  const { status, out } = await replicate("ulimit -n 64");
  assertEquals(status, 0, out);
  assertMatch(
    out,
    /\[W\] Working with 4 instead of 8 workers, since this process may have no more than 64 files open\./,
  );
});

Deno.test("dist/bzfs raises its limit of open files where the system lets it", async () => {
  const { status, out } = await replicate("ulimit -Sn 24");
  assertEquals(status, 0, out);
  assert(!out.includes("instead of"), out);
});
