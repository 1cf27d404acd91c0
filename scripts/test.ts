import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDocsPage } from "./docsPage.ts";
import { repositoryRoot } from "./wrangler.ts";

/** Suites of vitest.config.ts, the quickest first. Each has a process of its own: an embedded database takes 1 GB. */
const suites = ["unit", "contract", "workerd", "e2e"];

const usage = `Usage: npm test -- [${suites.join("|")} ...] [what vitest takes, as -t "a name" or a file]`;

type Totals = { passed: number; failed: number; skipped: number };

const parameters = process.argv.slice(2);
if (parameters.includes("--help")) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const named = parameters.filter((parameter) => suites.includes(parameter));
const passedOn = parameters.filter((parameter) => !suites.includes(parameter));
const folder = mkdtempSync(join(tmpdir(), "turash-test-"));

let running: ReturnType<typeof spawn> | undefined;
let isStopped = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    isStopped = true;
    running?.kill(signal);
  });

/** Runs one suite and counts its tests. One that does not run counts as a failure, and so does a skipped test. */
async function runSuite(suite: string): Promise<Totals> {
  const report = join(folder, `${suite}.json`);
  const reporter = process.env.CI ? "verbose" : "default";
  running = spawn(
    process.execPath,
    [
      join(repositoryRoot, "node_modules", "vitest", "vitest.mjs"),
      "run",
      `--project=${suite}`,
      `--reporter=${reporter}`,
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...(passedOn.length > 0 ? ["--passWithNoTests"] : []),
      ...passedOn,
    ],
    { cwd: repositoryRoot, stdio: "inherit" },
  );
  const code = await new Promise<number>((resolve) => running!.on("close", (exit) => resolve(exit ?? 1)));
  const totals = readTotals(report);
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

function readTotals(report: string): Totals {
  try {
    const counted = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
    return {
      passed: counted.numPassedTests ?? 0,
      failed: counted.numFailedTests ?? 0,
      skipped: (counted.numPendingTests ?? 0) + (counted.numTodoTests ?? 0),
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

const startedAt = performance.now();
writeDocsPage(repositoryRoot);
const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
for (const suite of named.length > 0 ? named : suites) {
  if (isStopped) break;
  process.stdout.write(`\n=== ${suite}\n`);
  const { passed, failed, skipped } = await runSuite(suite);
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}
rmSync(folder, { recursive: true, force: true });
const seconds = Math.round((performance.now() - startedAt) / 1000);
// A narrowed run leaves tests out on purpose.
const isWhole = passedOn.length === 0;
const left = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
process.stdout.write(`\nTests: ${totals.passed} passed, ${totals.failed} failed${left} in ${seconds} s\n`);
process.exit(isStopped || totals.failed > 0 || (isWhole && totals.skipped > 0) ? 1 : 0);
