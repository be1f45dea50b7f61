/**
 * The program with a defect in it, which shows as soon as the file that `DEFECT_WHEN` names exists.
 * @module
 */

const defect = new TypeError("a defect");
const acts: Readonly<Record<string, () => void>> = {
  "a promise that nobody awaits": () => void Promise.reject(defect),
  "an error in a timer": () => {
    throw defect;
  },
};

const timer = setInterval(() => {
  try {
    Deno.statSync(Deno.env.get("DEFECT_WHEN")!);
  } catch {
    return;
  }
  clearInterval(timer);
  acts[Deno.env.get("DEFECT")!]!();
}, 10);

await import("../../main.ts");
