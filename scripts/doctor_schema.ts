/**
 * The published form of `bzfs doctor --json`, and the page of all checks.
 * @module
 */
import type { Severity } from "../lib/model/checkup.ts";
import { CHECKS } from "../lib/plan/doctor/mod.ts";
import type { DoctorReport, ShownFinding } from "../lib/report/doctor/mod.ts";
import { COUNT, INSTANT, INTEGER, listOf, objectOf, oneOf, type Schema, TEXT } from "./json_schema.ts";
import { DIALECT } from "./report_schemas.ts";
import { Descriptions } from "./schema_descriptions.ts";

const DESCRIPTIONS = new Descriptions([
  Deno.readTextFileSync(new URL("../lib/report/doctor/doctor.ts", import.meta.url)),
]);

const FINDING = objectOf<ShownFinding>(
  { id: TEXT, severity: oneOf<Severity>("ok", "warn", "FAIL"), host: TEXT, text: TEXT },
  { remedy: TEXT },
);
const REPORT = objectOf<DoctorReport>({
  format: { const: 1 },
  program: { const: "bzfs" },
  version: TEXT,
  reportedAt: INSTANT,
  findings: listOf(FINDING),
  ok: COUNT,
  warnings: COUNT,
  failures: COUNT,
  exitStatus: INTEGER,
}, {});

/** The form of `bzfs doctor --json`. */
export const DOCTOR_SCHEMA: Schema = {
  $schema: DIALECT,
  title: "What bzfs doctor has found",
  ...DESCRIPTIONS.describe(REPORT, "DoctorReport"),
  description:
    "`format` grows when the meaning of something changes or something goes. Fields and checks may be added at " +
    "any time without that: a consumer must ignore what it does not know.",
};

/** The page about all checks. */
export function renderDoctorPage(): string {
  const rows = CHECKS.map(({ id, about, meaning }) => `### \`${id}\`\n\n${capital(about)}.\n\n${meaning}\n`);
  return `${INTRODUCTION}\n${rows.join("\n")}`;
}

function capital(text: string): string {
  return text.startsWith("`") ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** Seen from the page. */
const RULES = "spec" + "/doctor.md";

const INTRODUCTION = `# \`bzfs doctor\`

Finds out what keeps backups from working, before the first run or when one has failed, and says how to mend it.

    $ bzfs doctor --config fleet.yaml            # or: bzfs doctor root@nas:tank1/src tank2/b
    ok    nas        OpenZFS 2.3.2, zstd mbuffer ps, pool backup ONLINE, 61 % full
    FAIL  root@web1  root@web1: Permission denied (publickey).                → ssh-copy-id -i /root/.ssh/id_ed25519.pub root@web1
    warn  desktop    clock is 1 min 34 s behind this host's: monitoring limits are off  → chronyc makestep
    FAIL  nas        user bzfs lacks create, mount on backup                  → zfs allow -u bzfs create,mount,receive backup
    warn  nas        backup/web1 mountpoint=/ canmount=on would shadow /      → zfs set canmount=noauto backup/web1
    42 checks ok, 2 warnings, 2 failures

- A line for each host says what is fine there; each other line is a finding: how bad it is, at which host, what it is, and,
  behind the arrow, a command that removes it. That command is for the host of the line, as root, unless it begins with
  \`ssh\` or \`bzfs\`: those are for this host. Read it before you paste it. None destroys or overwrites anything. Where there is no arrow, no command alone would do.
- Hosts are asked all at once. One that does not answer within \`--query-timeout\` is a failure, and keeps no other from being
  checked. Nothing is changed.
- Exit status: 0 all ok, 1 warnings, 2 failures or a wrong command line or job file, 3 the doctor itself failed.
- \`--json\` prints one document, also of what is ok: [doctor.schema.json](doctor.schema.json). All options:
  [bzfs-doctor-options.md](bzfs-doctor-options.md). The rules: [${RULES}](${RULES}).
- \`--fix ID\` removes what runs of this program have left behind: \`partial-receives\`, \`temporary-bookmarks\`,
  \`control-sockets\` or \`locks\`. As long as a run of this host is at work, nothing is removed. \`--dryrun\` shows it only.

## Checks

Made from the table of checks by \`scripts/render_docs.ts\`.
`;
