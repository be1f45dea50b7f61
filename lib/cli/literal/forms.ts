/**
 * What the values of options look like that are literals: for hints.
 * @module
 */

/** A plan that says how many are kept. */
export const AMOUNTS_FORM = "A plan looks like {'prod': {'onsite': {'hourly': 36, 'daily': 31}}}";

/** A plan that says what is alarming, for `bzfs`. */
export const ALERTS_FORM =
  "A plan looks like {'prod': {'onsite': {'daily': {'latest': {'warning': '4 hours', 'critical': '8 hours'}}}}}";

/** Forms of the options of the job runner. */
const RUNNER_FORMS: Readonly<Record<string, string>> = {
  "--src-hosts": "It is a list such as ['web1', 'web2']",
  "--dst-hosts": "It looks like {'nas': ['onsite'], 'vault': ['offsite']}",
  "--retain-dst-targets": "It looks like {'nas': ['onsite'], 'vault': ['offsite']}",
  "--dst-root-datasets": "It looks like {'nas': 'tank/bak/^SRC_HOST', 'vault': ''}",
  "--monitor-snapshot-plan":
    "A plan looks like {'prod': {'onsite': {'daily': {'warning': '4 hours', 'critical': '8 hours'}}}}",
};

/** The form of an option of the job runner. @param what words that begin with the name of the option */
export function runnerForm(what: string): string {
  return RUNNER_FORMS[what.split(" ", 1)[0]!] ?? AMOUNTS_FORM;
}

/** For a text that is no literal, mostly since a shell has taken its quotes. */
export function quoted(form: string): string {
  return `${form}, in double quotes, since the shell takes single ones away`;
}
