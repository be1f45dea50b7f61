/**
 * A schedule as jobs of Nomad: periodic batch jobs, or services if the program stays.
 * @module
 */
import { afterCases } from "./after.ts";
import { cronFields, PAUSE_FILE, type Schedule, type ScheduledTask } from "./schedule.ts";

/** All jobs in turn, each behind a comment with the name for its file: Nomad takes one job a file. */
export function renderNomad(schedule: Schedule): string {
  return schedule.tasks.map((task) => `# ${task.name}.nomad.hcl\n${jobText(task, schedule)}`).join("\n");
}

function jobText(task: ScheduledTask, { host, user, ...schedule }: Schedule): string {
  const every = task.every ?? schedule.every;
  const argv = task.after === undefined
    ? task.argv
    : ["/bin/sh", "-c", `${task.shellLine}; s=$?; case $s in ${afterCases(task)}; exit $s`];
  const args = ["-c", every === "always" ? WAITS_FOR_PAUSE : ENDS_FOR_PAUSE, ...argv];
  return [
    `# ${task.title}`,
    `job ${quoted(task.name)} {`,
    `  type = "${every === "always" ? "service" : "batch"}"`,
    "",
    "  constraint {",
    '    attribute = "${attr.unique.hostname}"',
    `    value     = ${quoted(host)}`,
    "  }",
    "",
    ...(every === "always" ? [] : periodicLines(every)),
    '  group "bzfs" {',
    ...(every === "always" ? RESTART_LINES : NO_RESTART_LINES),
    ...NO_RESCHEDULE_LINES,
    '    task "bzfs" {',
    '      driver = "raw_exec"',
    `      user   = ${quoted(user)}`,
    "",
    "      # The program ends all that it has started within 10 s.",
    '      kill_timeout = "30s"',
    "",
    `      # While ${PAUSE_FILE} exists, nothing is started: create it for maintenance. A reboot removes it.`,
    "      config {",
    '        command = "/bin/sh"',
    "        args = [",
    ...args.map((word) => `          ${quoted(word)},`),
    "        ]",
    "      }",
    "    }",
    "  }",
    "}",
    "",
  ].join("\n");
}

/** In front of a program and its words, which take the place of the shell: then its end is as if it had been started alone. */
const START = 'exec "$0" "$@"';

/** The next start looks again. */
const ENDS_FOR_PAUSE = `[ -e ${PAUSE_FILE} ] && exit; ${START}`;

/** A service that ended would be started again, after some time less and less often. */
const WAITS_FOR_PAUSE = `trap exit INT TERM; while [ -e ${PAUSE_FILE} ]; do sleep 1; done; ${START}`;

function periodicLines(every: number): string[] {
  return [
    "  periodic {",
    `    crons            = [${quoted(cronFields(every))}]`,
    "    prohibit_overlap = true",
    "  }",
    "",
  ];
}

/** The next start is the retry. */
const NO_RESTART_LINES = ["    restart {", "      attempts = 0", '      mode     = "fail"', "    }", ""];

/** Another host cannot do it. */
const NO_RESCHEDULE_LINES = ["    reschedule {", "      attempts  = 0", "      unlimited = false", "    }", ""];

const RESTART_LINES = ["    restart {", '      delay = "1s"', '      mode  = "delay"', "    }", ""];

/** A text of HCL, in which `${` and `%{` would begin an expression. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("${", "$$${").replaceAll("%{", "%%{");
}
