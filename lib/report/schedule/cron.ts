/**
 * A schedule as a file for `/etc/cron.d`: one file more, whereas `crontab FILE` replaces all that a user has.
 * @module
 */
import { afterCases } from "./after.ts";
import { cronFields, PAUSE_FILE, type Schedule } from "./schedule.ts";

/**
 * The file, with a line feed at the end. cron sends a mail for whatever is printed, so a line prints only what belongs
 * to a failure; that an earlier start is still at work (status 4) is none.
 */
export function renderCron({ name, host, user, every, tasks }: Schedule): string {
  const lines = tasks.flatMap((task) => {
    const { title, shellLine, after, quietStatuses } = task;
    const start = `${cronFields(task.every ?? every)} ${user} [ -e ${PAUSE_FILE} ] && exit; ` +
      `out=$(${escapePercent(shellLine)} 2>&1)`;
    const isPlain = after === undefined && quietStatuses === undefined;
    const end = isPlain
      ? ' || [ $? = 4 ] || echo "$out"'
      : `; case $? in ${escapePercent(afterCases(task, ['echo "$out"']))}`;
    return [`# ${title}`, start + end];
  });
  return [
    `# For host ${host}. Put this file into /etc/cron.d as ${name.replaceAll(".", "-")}, owned by root, mode 644.`,
    "# Do not give it to the command crontab, which would replace all lines of a user by it.",
    "SHELL=/bin/sh",
    `# While ${PAUSE_FILE} exists, nothing is started: create it for maintenance. A reboot removes it.`,
    "# MAILTO=admin@example.com",
    ...lines,
    "",
  ].join("\n");
}

/** cron takes a bare percent sign for a line end. */
function escapePercent(line: string): string {
  return line.replaceAll("%", "\\%");
}
