import { compareNames } from "../../lib/model/text/order.ts";
import { type TaskOutcome, type TaskPriority, TaskSchedule } from "../../lib/plan/task_schedule.ts";
import { parity } from "../support/parity.ts";

interface TaskTreeCase {
  readonly tasks: readonly string[];
  readonly workers: number;
  readonly durations?: Readonly<Record<string, number>>;
  readonly outcomes?: Readonly<Record<string, "ok" | "skip" | "fail" | "failContinue">>;
  readonly priority: TaskPriority;
}

const OUTCOMES: Readonly<Record<string, TaskOutcome>> = {
  ok: "done",
  skip: "skip-subtree",
  fail: "failed",
  failContinue: "failed-but-continue",
};

parity<TaskTreeCase>("task-tree", (input) => {
  const schedule = new TaskSchedule(input.tasks, input.priority);
  const starts: (readonly [string, number, number, number])[] = [];
  let running: { task: string; end: number }[] = [];
  for (let now = 0;;) {
    while (running.length < input.workers) {
      const task = schedule.next();
      if (task === undefined) break;
      const end = now + (input.durations?.[task] ?? 1);
      starts.push([task, starts.length + 1, now, end]);
      running.push({ task, end });
    }
    if (running.length === 0) break;
    now = Math.min(...running.map(({ end }) => end));
    const ended = running.filter(({ end }) => end === now).sort((a, b) => compareNames(a.task, b.task));
    running = running.filter(({ end }) => end !== now);
    for (const { task } of ended) schedule.complete(task, OUTCOMES[input.outcomes?.[task] ?? "ok"]!);
  }
  return { starts, failed: schedule.failed, skipped: schedule.skipped() };
});
