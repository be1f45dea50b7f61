/** Recorded answers for the host layer. */
import { quoteInsideDoubleQuotes, quoteWord } from "../../lib/host/shell.ts";
import { parity } from "../support/parity.ts";

parity<{ readonly text: string }>("shell-quote", ({ text }) => ({
  word: quoteWord(text),
  insideDoubleQuotes: quoteInsideDoubleQuotes(text),
}));
