import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findImportFaults } from "./verify/imports.ts";

const root = join(import.meta.dirname, "..");
const files = new Map(
  globSync("src/**/*.ts", { cwd: root }).map((path) => [
    path.replaceAll("\\", "/"),
    readFileSync(join(root, path), "utf8"),
  ]),
);
const faults = findImportFaults(files);
for (const { file, line, message } of faults) process.stdout.write(`${file}:${line} ${message}\n`);
process.stdout.write(`${files.size} files, ${faults.length} imports that point the wrong way\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
