/**
 * Writes the documents that are made from the option tables: reference, help texts, man pages, completion scripts,
 * JSON Schemas, pictures.
 *
 *     render_docs.ts [--check]
 *
 * They are checked in, so that a change of the table shows its effect in review. `--check` writes nothing and fails if
 * one of them differs.
 * @module
 */
import meta from "../deno.json" with { type: "json" };
import { SHELLS } from "../lib/cli/parse/command_words.ts";
import { renderJobFileSchema } from "../lib/cli/job_file/schema.ts";
import type { ProgramHelp } from "../lib/cli/render/help_types.ts";
import { PROGRAM_HELPS } from "../lib/cli/render/program_help.ts";
import { renderCompletion } from "../lib/cli/render/completion.ts";
import { renderLongHelp, renderShortHelp } from "../lib/cli/render/help.ts";
import { JOB_FILE_PAGE, renderJobFilePage } from "../lib/cli/render/job_file_page.ts";
import { renderManPage } from "../lib/cli/render/man.ts";
import { renderReference } from "../lib/cli/render/markdown.ts";
import { renderPictures } from "./pictures.ts";
import { PLAN_SCHEMA } from "./plan_schema.ts";
import { DOCTOR_SCHEMA, renderDoctorPage } from "./doctor_schema.ts";
import { STATE_SCHEMA, STATUS_SCHEMA } from "./status_schema.ts";
import { EVENT_SCHEMA, renderSchema, RESULT_SCHEMA } from "./report_schemas.ts";

const root = `${import.meta.dirname}/../`;

/** Path below the root of the project -> content. */
export function renderedDocuments(): ReadonlyMap<string, string> {
  const documents = new Map<string, string>();
  for (const help of PROGRAM_HELPS) {
    documents.set(`docs/man/${help.name}.1`, renderManPage(help, meta.version));
    documents.set(`docs/help/${help.name}-h.txt`, renderShortHelp(help, 80));
    documents.set(`docs/help/${help.name}--help.txt`, renderLongHelp(help, 80));
    documents.set(`docs/${help.name}-options.md`, reference(help));
  }
  for (const shell of SHELLS) documents.set(`docs/completion/bzfs.${shell}`, renderCompletion(shell, PROGRAM_HELPS));
  documents.set(`docs/man/${JOB_FILE_PAGE}.5`, renderJobFilePage(meta.version));
  documents.set("docs/jobfile.schema.json", renderJobFileSchema());
  documents.set("docs/event.schema.json", renderSchema(EVENT_SCHEMA));
  documents.set("docs/result.schema.json", renderSchema(RESULT_SCHEMA));
  documents.set("docs/plan.schema.json", renderSchema(PLAN_SCHEMA));
  documents.set("docs/doctor.schema.json", renderSchema(DOCTOR_SCHEMA));
  documents.set("docs/doctor.md", renderDoctorPage());
  documents.set("docs/status.schema.json", renderSchema(STATUS_SCHEMA));
  documents.set("docs/state.schema.json", renderSchema(STATE_SCHEMA));
  for (const [path, picture] of renderPictures()) documents.set(path, picture);
  return documents;
}

function reference(help: ProgramHelp): string {
  return `# Options of \`${help.name}\`\n\nMade from the option table by \`scripts/render_docs.ts\`.\n\n${
    renderReference(help)
  }`;
}

/** Content of a file; `undefined` if there is none. */
function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const stale = [...renderedDocuments()].filter(([path, text]) => readIfThere(root + path) !== text);
  if (Deno.args.includes("--check")) {
    for (const [path] of stale) console.error(`${path} is not what the option table says: run scripts/render_docs.ts`);
    Deno.exit(stale.length > 0 ? 1 : 0);
  }
  for (const [path, text] of stale) {
    Deno.mkdirSync((root + path).replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(root + path, text);
    console.log(`wrote ${path}`);
  }
}
