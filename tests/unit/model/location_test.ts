import {
  checkDummyDestination,
  checkPair,
  datasetOf,
  isNonlocal,
  isValidDataset,
  parseLocation,
} from "../../../lib/model/location.ts";
import { RefusedError } from "../../../lib/model/errors.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../support/assert.ts";

Deno.test("parseLocation() reads the table of docs/spec/cli.md §2.2", () => {
  const parts = (operand: string): string[] => {
    const { user, host, userHost, pool, dataset } = parseLocation(operand);
    return [user, host, userHost, pool, dataset];
  };
  assertEquals(parts("tank1/foo/bar"), ["", "", "", "tank1", "tank1/foo/bar"]);
  assertEquals(parts("-:tank1/foo:bar"), ["", "", "", "tank1", "tank1/foo:bar"]);
  assertEquals(parts("host:tank1/foo:bar:baz"), ["", "host", "host", "tank1", "tank1/foo:bar:baz"]);
  assertEquals(parts("user@||1:tank"), ["user", "::1", "user@::1", "tank", "tank"]);
  assertEquals(parts("user@-:tank"), ["user", "", "", "tank", "tank"]);
});

Deno.test("datasetOf() takes what parseLocation() takes", () => {
  const operands = ["tank", "tank/a", "-:tank/a:b", "host:tank/a:b:c", "user@||1:tank/a b", "us:er@host:tank"];
  for (const operand of operands) assertEquals(datasetOf(operand), parseLocation(operand).dataset, operand);
});

Deno.test("parseLocation() names the part that is wrong, and the operand", () => {
  const message = (operand: string): string => assertThrows(() => parseLocation(operand), RefusedError).message;
  assertEquals(message("root@fe80||1%en0:tank"), "Invalid host name: 'fe80::1%en0' for: 'root@fe80||1%en0:tank'");
  const hint = (operand: string): string | undefined => assertThrows(() => parseLocation(operand), RefusedError).hint;
  const address = "An IPv6 address is written with | in place of each colon: ";
  assertEquals(hint("root@[::1]:pool/x"), `${address}'root@||1:pool/x'`);
  assertEquals(hint("[fe80::7]:pool"), `${address}'fe80||7:pool'`);
  assertEquals(parseLocation("root@||1:pool/x").host, "::1");
  assertStringIncludes(hint("CORP\\jane@nas:pool") ?? "", "alias in the ssh configuration");
  assertEquals(message("us,er@host:tank"), "Invalid user name: 'us,er' for: 'us,er@host:tank'");
  assertEquals(message("host:/tank"), "Invalid ZFS dataset name: '/tank' for: 'host:/tank'");
});

Deno.test("parseLocation() says how a local name with a colon is written", () => {
  const error = assertThrows(() => parseLocation("tank/a:1"), RefusedError);
  assertStringIncludes(error.message + error.hint, "-:name");
});

Deno.test("isValidDataset() refuses all that a shell or a path could take for something else", () => {
  for (const name of ["", ".", "..", "/a", "a/", "a//b", "a/./b", "a/..", "1a", "a;b", "a\tb", "a$b"]) {
    assert(!isValidDataset(name), JSON.stringify(name));
  }
  for (const name of ["a", "a b", "a-b/c.d", "ä/1", "a...b"]) assert(isValidDataset(name), name);
});

Deno.test("checkPair() compares hosts, not users", () => {
  const check = (src: string, dst: string, recursive: boolean): void =>
    checkPair(parseLocation(src), parseLocation(dst), { recursive });
  assertThrows(() => check("a@h:t/x", "b@h:t/x", false), RefusedError, "must not be the same");
  assertThrows(() => check("t", "t/x", true), RefusedError, "must not overlap");
  check("t", "t/x", false);
  check("t/x", "t/x-y", true);
  check("h:t", "t", true);
});

Deno.test("checkPair() compares the pools where hosts have several names", () => {
  const check = (src: string, dst: string, recursive: boolean): void =>
    checkPair(parseLocation(src), parseLocation(dst), { recursive, samePool: true });
  for (const [src, dst] of [["t/x", "localhost:t/x/bak"], ["h:t/x/y", "alias:t/x"], ["t/x", "||1:t/x"]] as const) {
    assertThrows(() => check(src, dst, true), RefusedError, "on the same pool, by its guid");
  }
  assertThrows(() => check("t/x", "localhost:t/x", false), RefusedError, "must not overlap");
  check("t/x", "localhost:t/x/bak", false);
  check("t/x", "localhost:t/y", true);
});

Deno.test("isNonlocal() takes loopback addresses for local unless a test wants it otherwise", () => {
  assert(!isNonlocal(parseLocation("t")));
  assert(!isNonlocal(parseLocation("127.0.0.1:t")));
  assert(isNonlocal(parseLocation("||1:t"), { loopbackIsNonlocal: true }));
  assert(isNonlocal(parseLocation("localhost:t")));
});

Deno.test("checkDummyDestination() allows nothing but creating snapshots", () => {
  const dummy = parseLocation("dummy");
  checkDummyDestination(dummy, { replicates: false, looksAtDestination: false });
  checkDummyDestination(parseLocation("t"), { replicates: true, looksAtDestination: true });
  assertThrows(
    () => checkDummyDestination(dummy, { replicates: true, looksAtDestination: false }),
    RefusedError,
    "Replication: ",
  );
  assertThrows(
    () => checkDummyDestination(dummy, { replicates: false, looksAtDestination: true }),
    RefusedError,
    "Destination",
  );
});

Deno.test("parseLocation() tells what is wrong with the usual mistakes, each in its own words", () => {
  const hints: Readonly<Record<string, RegExp>> = {
    "nas:/tank/x": /^This is a path/,
    "/tank/x": /^This is a path/,
    "/": /^This is a path/,
    "./tank/x": /^This is a path/,
    "~/x": /^This is a path/,
    "nas:tank//x": /^Leave out one of the two slashes/,
    "ssh://root@nas/tank": /^An operand is no URL/,
    "nas:2222:tank/x": /^The port does not belong here/,
    "root@nas": /^A dataset is missing after the host/,
    "tank/x@monday": /^A snapshot or bookmark is no operand/,
    "tank/x#b": /^A snapshot or bookmark is no operand/,
    "tank/x/": /^Leave out the slash/,
  };
  for (const [operand, hint] of Object.entries(hints)) {
    const error = assertThrows(() => parseLocation(operand), RefusedError);
    assert(hint.test(error.hint ?? ""), `${operand}: ${error.message} (${error.hint})`);
  }
});
