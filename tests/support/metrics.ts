/**
 * Reads the text exposition format of Prometheus, strictly, and makes input for `promtool test rules` of it.
 * @module
 */

/** One line with a value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As it is written. */
  readonly value: string;
}

const LINE = /^([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)+)\} (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/g;

/**
 * All samples. Throws for a line that is none, a metric without help and type right before it, one that is in two pieces,
 * and labels that come twice.
 */
export function readMetrics(text: string): readonly Sample[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const samples: Sample[] = [];
  const seen = new Set<string>();
  const metrics = new Set<string>();
  let current = "";
  let help = "";
  // Only the first line may be a comment.
  for (const line of text.slice(0, -1).replace(/^# (?!HELP |TYPE ).*\n/, "").split("\n")) {
    const [, helped] = /^# HELP ([a-z_]+) [^\\]+$/.exec(line) ?? [];
    const [, typed] = /^# TYPE ([a-z_]+) gauge$/.exec(line) ?? [];
    if (helped !== undefined) {
      if (metrics.has(helped)) throw new Error(`${helped} is in two pieces`);
      metrics.add(helped);
      help = helped;
    } else if (typed !== undefined) {
      if (typed !== help) throw new Error(`no help for ${typed}`);
      current = typed;
    } else {
      const [, name, labels = "", value = ""] = LINE.exec(line) ?? [];
      if (name === undefined || name !== current) throw new Error(`not a sample of ${current}: ${line}`);
      if (!Number.isFinite(Number(value))) throw new Error(`no number: ${line}`);
      if (seen.has(`${name}{${labels}`)) throw new Error(`twice: ${line}`);
      seen.add(`${name}{${labels}`);
      samples.push({ name, labels: readLabels(labels), value });
    }
  }
  return samples;
}

function readLabels(text: string): Readonly<Record<string, string>> {
  const unescaped = (value: string): string => value.replaceAll(/\\(.)/g, (_, c: string) => c === "n" ? "\n" : c);
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, name, value]) => [name!, unescaped(value!)]));
}

/** A test for `promtool test rules`: metrics, and what an expression has to be at a time. */
export interface RuleTest {
  readonly name: string;
  readonly metrics: string;
  /** When the report was made, as seconds after the beginning of the test; its timestamps are moved there. */
  readonly reportedAt: number;
  /** Seconds after the beginning of the test. */
  readonly askedAt: number;
  /** An expression and the value that it must have. */
  readonly expects: readonly (readonly [expression: string, value: number])[];
}

/** What 0 is in the tests, whose clock begins at 0. */
const LONG_AGO = -1_795_896_300;

/** A string of the query language, which refuses the substitute for what is no character. */
function quotedLabel(value: string): string {
  return JSON.stringify(value.replaceAll("\ufffd", "?"));
}

/** The tests as one file, in JSON, which is YAML too. */
export function ruleTests(ruleFile: string, tests: readonly RuleTest[]): string {
  return JSON.stringify({
    rule_files: [ruleFile],
    evaluation_interval: "1m",
    tests: tests.map(({ name, metrics, reportedAt, askedAt, expects }) => {
      const samples = readMetrics(metrics);
      const report = Number(samples.find((sample) => sample.name === "bzfs_report_timestamp_seconds")?.value ?? 0);
      const moved = ({ name, value }: Sample): string => {
        if (!name.endsWith("_timestamp_seconds")) return value;
        return `${value === "0" ? LONG_AGO : Number(value) - report + reportedAt}`;
      };
      return {
        ...{ name, interval: "1m" },
        input_series: samples.map((sample) => ({
          series: `${sample.name}{${
            Object.entries(sample.labels).map(([k, v]) => `${k}=${quotedLabel(v)}`).join(",")
          }}`,
          values: `${moved(sample)}x${Math.ceil(askedAt / 60)}`,
        })),
        promql_expr_test: expects.map(([expr, value]) => ({
          ...{ expr, eval_time: `${askedAt}s`, exp_samples: [{ labels: "{}", value }] },
        })),
      };
    }),
  });
}
