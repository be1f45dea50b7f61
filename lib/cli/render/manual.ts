/**
 * The manual in the executable: which subjects `bzfs help` knows, which files of docs/ they are, and what of them is
 * shown. The files are those of the repository; the build puts them into the executable.
 * @module
 */
import { UsageError } from "../../model/errors.ts";
import { nearest } from "../../model/text/mod.ts";
import { VERB_WORDS } from "../parse/command_words.ts";
import { didYouMean } from "../parse/suggestion.ts";
import { headingOf, renderMarkdown, type TextStyle } from "./terminal_text.ts";

/** A subject. */
interface Topic {
  /** What is typed behind `help`. */
  readonly word: string;
  /** At most 60 columns, no final period. */
  readonly brief: string;
  /** Paths below docs/. With several, the name of a file without its ending chooses one. */
  readonly files: readonly string[];
}

const COMING_FROM = ["bzfs-python", "sanoid-syncoid", "zrepl", "znapzend", "zfs-autobackup"].map((name) =>
  `coming-from/${name}.md`
);

/** All subjects, in the order in which they are listed. */
export const TOPICS: readonly Topic[] = [
  { word: "job-file", brief: "One file for datasets, hosts, plans and schedule", files: ["job-files.md"] },
  { word: "examples", brief: "Job files to start from; bzfs example NAME prints one", files: ["examples/README.md"] },
  { word: "runbook", brief: "What you see, why, what to type; runbook pool full", files: ["runbook.md"] },
  { word: "retention", brief: "What a plan keeps, names, when snapshots are created", files: ["retention.md"] },
  { word: "cron", brief: "Schedule with cron, systemd or Nomad; logs; what hangs", files: ["cron.md"] },
  { word: "monitoring", brief: "Alerts that reach a person", files: ["monitoring.md"] },
  { word: "metrics", brief: "Prometheus, alert rules, Grafana, a web page", files: ["monitoring/README.md"] },
  { word: "checks", brief: "Each check of bzfs doctor, and what it means", files: ["doctor.md"] },
  { word: "exit-status", brief: "What each exit status means, and what to do", files: ["exit-status.md"] },
  { word: "plans", brief: "See what would be destroyed, then apply exactly that", files: ["plans.md"] },
  { word: "encryption", brief: "Raw copies, keys, what to avoid", files: ["encryption.md"] },
  { word: "privileges", brief: "Without root: zfs allow, sudo, ssh", files: ["privileges.md"] },
  { word: "tuning", brief: "Where time goes, what to change, figures", files: ["tuning.md"] },
  { word: "limitations", brief: "What this program does not do", files: ["limitations.md"] },
  { word: "coming-from", brief: "From another tool to this one", files: COMING_FROM },
];

/** Example job files: docs/examples/NAME.yaml. */
export const EXAMPLES = [
  ...["home", "two-hosts", "local-backup", "removable-drive", "one-source-two-destinations", "many-to-many"],
  ...["bastion", "hot-standby", "plans-per-pair", "snapshots-only"],
] as const;

/** Text of a file of the manual, by its path below docs/. */
export type ReadDocument = (path: string) => string;

/** Paths of all that the executable holds of docs/. */
export function manualFiles(): string[] {
  return [...new Set(TOPICS.flatMap(({ files }) => files)), ...EXAMPLES.map(exampleFile)];
}

/** True if there is such a subject. */
export function isTopic(word: string): boolean {
  return TOPICS.some((topic) => topic.word === word);
}

/** The subject that is spelt almost like this. */
export function nearestTopic(word: string): string | undefined {
  return nearest(word, TOPICS.map((topic) => topic.word));
}

/**
 * A command that shows what words almost like these may mean: programs, sections of the runbook, and what else has help.
 *
 * @param others words that have help, beside these
 */
export function nearestHelp(words: string, others: readonly string[], read: ReadDocument): string | undefined {
  const titles = sectionsOf(read(RUNBOOK)).map(({ title }) => plain(title)).filter((title) => title !== "");
  const known = [...TOPICS.map(({ word }) => word), ...titles, "jobrunner", ...VERB_WORDS, ...others];
  const near = nearest(plain(words), known);
  return near && `bzfs help ${near}`;
}

/** List of subjects, and of the other ways to get help. */
export function renderTopics(): string {
  const lines = TOPICS.map(({ word, brief }) => `  bzfs help ${word.padEnd(13)} ${brief}`);
  return [
    "Subjects; another word shows only the sections about it (bzfs help job-file zones):",
    "",
    ...lines,
    "",
    "Options:",
    "",
    "  bzfs -h                      One line for each option; likewise bzfs jobrunner -h,",
    "                               bzfs status -h, bzfs doctor -h",
    "  bzfs help OPTION             One option",
    "  bzfs --help                  All of them in full; bzfs man for a man page",
    "",
  ].join("\n");
}

/**
 * A subject, or those of its sections whose heading holds the words of `section`; if none does, those whose text does.
 *
 * Throws `UsageError` if it has none.
 */
export function renderTopic(word: string, section: string | undefined, read: ReadDocument, style: TextStyle): string {
  const { files } = TOPICS.find((topic) => topic.word === word)!;
  const names = files.map((file) => file.replace(/^.*\/|\.md$/g, ""));
  if (files.length === 1) return partOf(read(files[0]!), word, section, style);
  const [name, ...rest] = section?.split(" ") ?? [];
  const file = files[names.indexOf(name ?? "")];
  if (file !== undefined) return partOf(read(file), `${word} ${name}`, rest.join(" ") || undefined, style);
  if (name === undefined) {
    const titles = files.map((path) => headingOf(read(path).split("\n")[0]!)?.text ?? "");
    const width = Math.max(...names.map((each) => each.length));
    return titles.map((title, index) => `  bzfs help ${word} ${names[index]!.padEnd(width)}  ${title}\n`).join("");
  }
  throw new UsageError(`help: ${word} has no page '${name}'`, { hint: hintFor(name, names) });
}

function partOf(text: string, subject: string, words: string | undefined, style: TextStyle): string {
  if (words === undefined) return renderMarkdown(text, style);
  const sections = sectionsOf(text);
  const ways = [headed(words), (title: string) => plain(title).includes(plain(words))];
  const found = ways.map((matches) => under(sections, matches)).find((some) => some.length > 0) ??
    sections.filter((each) => mentions(each.text, words));
  if (found.length > 0) return shown(found, style);
  const titles = sections.slice(1).map(({ title }) => title);
  throw new UsageError(`help: ${subject} has no section about '${words}'`, { hint: `Sections: ${titles.join("; ")}` });
}

/**
 * Sections of the manual about words that name no subject: those of the first page that has them in a heading. The runbook
 * comes first; with `deep`, its text counts, too. `undefined` if there are none.
 */
export function renderSections(
  words: string,
  read: ReadDocument,
  style: TextStyle,
  { deep }: { readonly deep: boolean },
): string | undefined {
  const pages = [RUNBOOK, ...TOPICS.flatMap(({ files }) => files)].map((file) => sectionsOf(read(file)));
  const found = pages.map((sections) => under(sections, headed(words))).find((some) => some.length > 0);
  if (found !== undefined) return shown(found, style);
  const told = deep ? pages[0]!.filter(({ text }) => mentions(text, words)) : [];
  return told.length > 0 ? shown(told, style) : undefined;
}

const RUNBOOK = "runbook.md";

/** A section of a page, without those below it; in front of the first heading of level 2 the title is empty. */
interface Section {
  readonly level: number;
  readonly title: string;
  readonly text: string;
}

function sectionsOf(page: string): Section[] {
  return page.split(/^(?=##+ )/m).map((text) => {
    const { level, text: title } = headingOf(text.split("\n")[0]!) ?? { level: 0, text: "" };
    return { level, title, text };
  });
}

/** Sections whose titles match, with those below them. */
function under(sections: readonly Section[], matches: (title: string) => boolean): Section[] {
  let above: number | undefined; // the level of the section that is shown
  return sections.filter(({ level, title }) => {
    if (above !== undefined && level <= above) above = undefined;
    if (above === undefined && matches(title)) above = level;
    return above !== undefined;
  });
}

/** True for titles that hold the words as they are, not as parts of others. */
function headed(words: string): (title: string) => boolean {
  return (title) => mentions(title, words);
}

function mentions(text: string, words: string): boolean {
  return wordsOf(words).trim() !== "" && wordsOf(text).includes(wordsOf(words));
}

function shown(sections: readonly Section[], style: TextStyle): string {
  return renderMarkdown(sections.map(({ text }) => text).join("\n"), style);
}

/** Without what differs between how a heading is written and how it is typed. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[`*]/g, "").replaceAll(/[-_\s]+/g, " ").trim();
}

/** Whole words, with blanks around each. */
function wordsOf(text: string): string {
  return ` ${text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim()} `;
}

/** An example job file, byte for byte. Throws `UsageError` if there is no such example. */
export function exampleText(name: string, read: ReadDocument): string {
  const bare = name.replace(/\.yaml$/, "");
  if (EXAMPLES.some((example) => example === bare)) return read(exampleFile(bare));
  throw new UsageError(`example: There is no example '${name}'`, { hint: hintFor(bare, EXAMPLES) });
}

function exampleFile(name: string): string {
  return `examples/${name}.yaml`;
}

function hintFor(word: string, known: readonly string[]): string {
  return didYouMean(word, known) ?? `There are: ${known.join(", ")}`;
}
