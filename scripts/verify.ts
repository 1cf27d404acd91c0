import { spawn } from "node:child_process";
import { join } from "node:path";
import { writeDocsPage } from "./docsPage.ts";
import { repositoryRoot, wranglerEnvironment } from "./wrangler.ts";

type Check = { name: string; command: string; parameters: string[] };
type Outcome = Check & { code: number; output: string; seconds: number };

const checks: Check[] = [
  { name: "unit tests", command: "vitest", parameters: ["run", "--project", "unit", "--reporter=dot"] },
  { name: "types of src", command: "tsc", parameters: ["-p", "tsconfig.json"] },
  { name: "types of scripts and tests", command: "tsc", parameters: ["-p", "tsconfig.tools.json"] },
  { name: "types of Worker tests", command: "tsc", parameters: ["-p", "tsconfig.workerd.json"] },
  { name: "dead code", command: "knip", parameters: ["--no-progress"] },
  { name: "format", command: "biome", parameters: ["format", "--colors=off", "."] },
  { name: "lint", command: "biome", parameters: ["lint", "--colors=off", "--error-on-warnings", "."] },
  { name: "imports", command: "node", parameters: ["scripts/checkImports.ts"] },
  {
    name: "binding types",
    command: "wrangler",
    parameters: ["types", "--include-runtime=false", "--strict-vars=false", "--check"],
  },
];

/** More at once than this only take memory from each other. */
const atOnce = 4;

function runCheck(check: Check): Promise<Outcome> {
  const startedAt = performance.now();
  const child = spawn(join(repositoryRoot, "node_modules", ".bin", check.command), check.parameters, {
    cwd: repositoryRoot,
    stdio: ["ignore", "pipe", "pipe"],
    env: wranglerEnvironment(),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise((resolve) => {
    const finish = (code: number) =>
      resolve({ ...check, code, output, seconds: (performance.now() - startedAt) / 1000 });
    child.on("error", (error) => {
      output += error.message;
      finish(1);
    });
    child.on("close", (code) => finish(code ?? 1));
  });
}

const startedAt = performance.now();
writeDocsPage(repositoryRoot);
const waiting = [...checks];
const outcomes: Outcome[] = [];
async function work(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const outcome = await runCheck(check);
    outcomes.push(outcome);
    const verdict = outcome.code === 0 ? "ok  " : "FAIL";
    process.stdout.write(`${verdict}  ${outcome.name.padEnd(28)} ${outcome.seconds.toFixed(1).padStart(5)} s\n`);
  }
}
await Promise.all(Array.from({ length: atOnce }, work));
const failed = outcomes.filter(({ code }) => code !== 0);
for (const { name, output } of failed) process.stdout.write(`\n--- ${name}\n${output.trim()}\n`);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
process.stdout.write(`\n${outcomes.length - failed.length} of ${outcomes.length} checks passed in ${seconds} s\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
