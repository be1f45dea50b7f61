/**
 * A schedule as lines for `crontab`.
 * @module
 */
import { cronFields, type Schedule } from "./schedule.ts";

/**
 * The lines, with a line feed at the end. cron sends a mail for whatever is printed, so a line prints only what belongs
 * to a failure; that an earlier start is still at work (status 4) is none.
 */
export function renderCron({ host, user, every, tasks }: Schedule): string {
  const fields = cronFields(every);
  const lines = tasks.flatMap(({ title, shellLine }) => [
    `# ${title}`,
    `${fields} out=$(${escapePercent(shellLine)} 2>&1) || [ $? = 4 ] || echo "$out"`,
  ]);
  return [`# For host ${host}. To install it: crontab -u ${user} FILE`, ...lines, ""].join("\n");
}

/** cron takes a bare percent sign for a line end. */
function escapePercent(line: string): string {
  return line.replaceAll("%", "\\%");
}
