/**
 * Fails if a text cites a document, a section or a file that is not in the repository, or has words in two spellings.
 *
 * Code cites the specification as `docs/spec/replication.md §7.4`, several sections of one chapter as `§4.1, §4.3` or
 * `§4.1 to §4.3`. Each numbered section of the specification must be cited, by itself or by way of a section above or
 * below it, or carry the comment `<!-- prose -->` under its heading. `deno task ok` runs it.
 * @module
 */

/** Texts of files, by path below the root. */
export type Documents = ReadonlyMap<string, string>;

const SPEC = /^docs\/spec\/[\w-]+\.md$/;
const HEADING = /^(#{2,5})\s+(?:§\s*)?(\d+(?:\.\d+)*)\.?\s[^\n]*\n+(<!-- prose -->)?/gm;
const CITATION = /docs\/spec\/([\w-]+)\.md((?:[\s*/]*(?:§[\d.]*\d|,|and|to|;)[\s*/]*)*)/g;
/** How documents were cited that are not in the repository. */
const FOREIGN = /\bdesign\.md\b|\baddenda\b|\.\.\/shared\b/g;
const FOREIGN_IN_CODE = /(?<!docs\/)\bspec\/[\w-]+\.md/g;
const PATH = /(?:^|[\s`(|"])((?:lib|scripts|tests|docs)\/[\w./-]*\w\.(?:ts|md|json|sh|yaml|txt)|main\.ts|mod\.ts)\b/gm;
const LINK = /\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g;

/** A question of the architecture page with the file and the name that answer it. */
const ANSWER = /^\|\s*\d+\s*\|[^|]*\|\s*`([^`]+)`\s*\|\s*`([^`]+)`\s*\|/gm;

/**
 * All that is wrong with what the texts cite.
 *
 * @param code sources, tests and scripts; their citations of the specification count
 * @param documents the Markdown files; their links and the files that they name are checked
 * @param present every path of the repository
 */
export function complaintsAboutCitations(
  code: Documents,
  documents: Documents,
  present: ReadonlySet<string>,
): string[] {
  const sections = sectionsOf(documents);
  const cited = new Set<string>();
  const complaints: string[] = [];
  for (const [path, text] of [...code, ...documents]) {
    for (const [name] of [...text.matchAll(FOREIGN), ...code.has(path) ? text.matchAll(FOREIGN_IN_CODE) : []]) {
      complaints.push(`${path}: cites ${name}, which is not in the repository`);
    }
    for (const citation of citationsOf(text)) {
      if (sections.has(citation)) { if (code.has(path)) cited.add(citation); }
      else complaints.push(`${path}: cites ${citation}, which does not exist`);
    }
  }
  for (const [path, text] of documents) complaints.push(...pathComplaints(path, text, present));
  for (const [section, isProse] of sections) {
    if (section.includes(" ") && !isProse && !isCited(section, cited)) {
      complaints.push(`${section}: neither code nor test cites this section, and it is not marked as prose`);
    }
  }
  return [...complaints, ...answerComplaints(documents.get("docs/architecture.md") ?? "", code)];
}

/** `docs/spec/x.md` and `docs/spec/x.md §1.2`, each with whether it is marked as prose. */
function sectionsOf(documents: Documents): ReadonlyMap<string, boolean> {
  const sections = new Map<string, boolean>();
  for (const [path, text] of documents) {
    if (!SPEC.test(path)) continue;
    sections.set(path, true);
    for (const [, , number, prose] of text.matchAll(HEADING)) sections.set(`${path} §${number}`, prose !== undefined);
  }
  return sections;
}

/** Spellings that this project does not use, and texts of others that do. */
const AMERICAN =
  /\b(?:behavior|organiz|recogniz|summariz|normaliz(?!ation)|optimiz|initializ|favor(?:ed|ite)?\b|neighbor|honor|canceled|catalog\b|colored|gray\b)\w*/gi;
const QUOTED = /unrecognized arguments/g;

/** Words of documents in another spelling than the British one. */
export function complaintsAboutSpelling(documents: Documents): string[] {
  return [...documents].flatMap(([path, text]) =>
    [...text.replaceAll(QUOTED, "").matchAll(AMERICAN)].map(([word]) => `${path}: '${word}' is no British spelling`)
  );
}

function* citationsOf(text: string): Iterable<string> {
  for (const [, chapter, list] of text.matchAll(CITATION)) {
    const path = `docs/spec/${chapter}.md`;
    const numbers = [...list!.matchAll(/§([\d.]*\d)/g)];
    yield path;
    for (const [, number] of numbers) yield `${path} §${number}`;
  }
}

/** True if the section itself, one above it or one below it is cited. */
function isCited(section: string, cited: ReadonlySet<string>): boolean {
  const isAtOrBelow = (one: string, other: string): boolean => one === other || one.startsWith(`${other}.`);
  return [...cited].some((each) => each.includes("§") && (isAtOrBelow(each, section) || isAtOrBelow(section, each)));
}

function pathComplaints(path: string, text: string, present: ReadonlySet<string>): string[] {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const links = [...text.matchAll(LINK)].map(([, target]) => new URL(target!, `file:///${folder}`).pathname.slice(1));
  const named = [...text.matchAll(PATH)].map(([, target]) => target!);
  const isThere = (target: string): boolean => present.has(target.replace(/\/$/, ""));
  return [...new Set([...links, ...named])].filter((target) => !isThere(target) && !target.startsWith("dist/"))
    .map((target) => `${path}: names ${target}, which is not in the repository`);
}

/** Each answer of the architecture page must name a file that holds the name it gives. */
function answerComplaints(page: string, code: Documents): string[] {
  return [...page.matchAll(ANSWER)].filter(([, path, name]) => !code.get(path!)?.includes(name!))
    .map(([, path, name]) => `docs/architecture.md: ${path} does not hold ${name}`);
}

/** All paths of the repository below a folder, folders included. */
async function pathsBelow(folder: string): Promise<readonly string[]> {
  const root = new URL("../", import.meta.url);
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder === "" ? "." : folder, root))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (/^(?:\.git|dist|node_modules)$/.test(path)) continue;
    paths.push(path, ...entry.isDirectory ? await pathsBelow(path) : []);
  }
  return paths;
}

async function textsOf(paths: readonly string[]): Promise<Documents> {
  const root = new URL("../", import.meta.url);
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await Deno.readTextFile(new URL(path, root))] as const)),
  );
}

if (import.meta.main) {
  const paths = await pathsBelow("");
  const code = await textsOf(
    paths.filter((path) =>
      path.endsWith(".ts") && !path.endsWith("check_documents.ts") && !path.endsWith("check_documents_test.ts")
    ),
  );
  const documents = await textsOf(paths.filter((path) => path.endsWith(".md")));
  const complaints = [
    ...complaintsAboutCitations(code, documents, new Set(paths)),
    ...complaintsAboutSpelling(documents),
  ];
  for (const complaint of complaints) console.error(complaint);
  console.log(`${code.size} sources and ${documents.size} documents checked, ${complaints.length} complaints`);
  if (complaints.length > 0) Deno.exit(1);
}
