import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { writeDocsPage } from "./docsPage.ts";
import { repositoryRoot } from "./wrangler.ts";

/** Suites of vitest.config.ts in the order they are run; each lane runs beside the others where the machine has room. */
const lanes = [["contract", "unit"], ["workerd"], ["e2e"]];
const suites = lanes.flat();

/** Each lane has one embedded database at a time, and two while the command line is tried: 1 GB each. */
const bytesForAllLanes = 7 * 1024 ** 3;

const usage = `Usage: npm test -- [${suites.join("|")} ...] [what vitest takes, as -t "a name" or a file]`;

type Totals = { passed: number; failed: number; skipped: number };

const parameters = process.argv.slice(2);
if (parameters.includes("--help")) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const named = parameters.filter((parameter) => suites.includes(parameter));
const passedOn = parameters.filter((parameter) => !suites.includes(parameter));
const chosen = suites.filter((suite) => named.length === 0 || named.includes(suite));
const folder = mkdtempSync(join(tmpdir(), "turash-test-"));

const running = new Set<ChildProcess>();
let isStopped = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    isStopped = true;
    for (const child of running) child.kill(signal);
  });

/**
 * Runs one suite and counts its tests. One that does not run counts as a failure. What it says is kept until it has ended
 * when another runs beside it.
 */
async function runSuite(suite: string, isAlone: boolean): Promise<Totals> {
  const report = join(folder, `${suite}.json`);
  const child = spawn(
    process.execPath,
    [
      join(repositoryRoot, "node_modules", "vitest", "vitest.mjs"),
      "run",
      `--project=${suite}`,
      `--reporter=${process.env.CI ? "verbose" : "default"}`,
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...(passedOn.length > 0 ? ["--passWithNoTests"] : []),
      ...passedOn,
    ],
    { cwd: repositoryRoot, stdio: isAlone ? "inherit" : ["ignore", "pipe", "pipe"] },
  );
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const code = await new Promise<number>((resolve) => child.on("close", (exit) => resolve(exit ?? 1)));
  running.delete(child);
  if (!isAlone) process.stdout.write(`\n=== ${suite}\n${output}`);
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
const hasRoom = availableParallelism() > 1 && freemem() > bytesForAllLanes;
const plan = (hasRoom ? lanes : [suites])
  .map((lane) => lane.filter((suite) => chosen.includes(suite)))
  .filter((lane) => lane.length > 0);
process.stdout.write(`Running ${plan.map((lane) => lane.join(", then ")).join(", beside ")} ...\n`);
writeDocsPage(repositoryRoot);
const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
async function runLane(lane: readonly string[]): Promise<void> {
  for (const suite of lane) {
    if (isStopped) return;
    const { passed, failed, skipped } = await runSuite(suite, plan.length === 1);
    totals.passed += passed;
    totals.failed += failed;
    totals.skipped += skipped;
  }
}
await Promise.all(plan.map(runLane));
rmSync(folder, { recursive: true, force: true });
const seconds = Math.round((performance.now() - startedAt) / 1000);
const left = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
process.stdout.write(`\nTests: ${totals.passed} passed, ${totals.failed} failed${left} in ${seconds} s\n`);
// A narrowed run leaves tests out on purpose; a whole one leaves out none.
const isComplete = passedOn.length > 0 || totals.skipped === 0;
// Not by `process.exit`, which would leave unsaid what a pipe has not taken yet.
process.exitCode = isStopped || totals.failed > 0 || !isComplete ? 1 : 0;
