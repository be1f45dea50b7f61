import { RefusedError } from "../../../lib/model/errors.ts";
import type { Capabilities } from "../../../lib/model/capabilities.ts";
import { checkPrivileges } from "../../../lib/plan/privileges.ts";
import { assertThrows } from "../../support/assert.ts";

const AT = { side: "dst", userHost: "al@nas", operand: "al@nas:tank/x", pool: "tank" } as const;

function capabilities(programs: readonly string[], delegation: string): Capabilities {
  const pool = new Map([["delegation", delegation]]);
  return { zfsVersion: [2, 2, 0], programs: new Set(programs), os: "Linux", cpus: 1, pool };
}

Deno.test("checkPrivileges() wants sudo to be there if it is used", () => {
  const sudo = { prefix: ["sudo", "-n"], delegation: false };
  checkPrivileges(sudo, capabilities(["sudo"], "off"), AT);
  assertThrows(
    () => checkPrivileges(sudo, capabilities([], "on"), AT),
    RefusedError,
    "sudo CLI is not available on dst host: al@nas",
  );
});

Deno.test("checkPrivileges() wants delegation to be on if it is relied on", () => {
  const plain = { prefix: [], delegation: true };
  checkPrivileges(plain, capabilities([], "on"), AT);
  assertThrows(
    () => checkPrivileges(plain, capabilities([], "off"), AT),
    RefusedError,
    "Permission denied as ZFS delegation is disabled for dst dataset: al@nas:tank/x",
  );
});

Deno.test("checkPrivileges() wants nothing for root", () => {
  checkPrivileges({ prefix: [], delegation: false }, capabilities([], "off"), AT);
});
