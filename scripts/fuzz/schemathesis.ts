import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { StartProblem } from "../start/problem.ts";
import { signalProcess } from "../start/processes.ts";
import type { Caller } from "./callers.ts";
import type { FuzzOptions } from "./options.ts";

export type Report = { operations: number; requests: number; failures: number; isComplete: boolean };

export type Run = {
  python: string;
  url: string;
  /** Takes what schemathesis writes. */
  folder: string;
  caller: Caller;
  options: FuzzOptions;
  signal: AbortSignal;
};

/** What schemathesis writes of a run, as far as it is read here. */
type WrittenReport = {
  complete: boolean;
  errors: unknown[];
  operations: { tested: number };
  test_cases: { generated: number; unique_failures: number; errored: number };
};

const stopDeadlineMs = 5_000;
const exitCodes = { passed: 0, failed: 1 };

/** Asks as one caller and shows what schemathesis says of it. Errors: `StartProblem` when it cannot be run. */
export async function runSchemathesis({ python, url, folder, caller, options, signal }: Run): Promise<Report> {
  const report = join(folder, "report.json");
  const parameters = [
    "-m",
    "schemathesis.cli",
    `--config-file=${join(import.meta.dirname, "schemathesis.toml")}`,
    "run",
    `${url}/openapi.json`,
    `--seed=${options.seed}`,
    `--max-examples=${options.maxExamples}`,
    ...(options.minutes === null ? [] : [`--max-time=${Math.ceil(options.minutes * 60 * caller.share)}`]),
    ...caller.tags.map((tag) => `--include-tag=${tag}`),
    // A stream does not end; test/workerd/liveEvents.test.ts and the walks there hold it to the document.
    "--exclude-path=/v1/events/stream",
    "--warnings=off",
    `--report-json-path=${report}`,
    "--no-color",
  ];
  const child = spawn(python, parameters, {
    // It leaves files where it is started.
    cwd: folder,
    // A group of its own: Ctrl-C is told to it here, once, and what it started ends with it.
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONHASHSEED: "0",
      TURASH_FUZZ_HOOKS: join(import.meta.dirname, "hooks.py"),
      TURASH_FUZZ_KEY: caller.key,
      TURASH_FUZZ_KEPT: JSON.stringify(caller.kept),
      TURASH_FUZZ_EXAMPLES: JSON.stringify(caller.examples),
      TURASH_FUZZ_SEED: String(options.seed),
      TURASH_FUZZ_EVERY: String(options.every),
    },
  });
  const stop = () => {
    signalProcess(child.pid!, "SIGINT");
    setTimeout(() => signalProcess(-child.pid!, "SIGKILL"), stopDeadlineMs).unref();
  };
  signal.addEventListener("abort", stop, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (code !== exitCodes.passed && code !== exitCodes.failed)
    throw new StartProblem(`schemathesis did not run (exit ${code}); what it said is above`);
  return readReport(report);
}

function readReport(path: string): Report {
  const { complete, errors, operations, test_cases } = JSON.parse(readFileSync(path, "utf8")) as WrittenReport;
  return {
    operations: operations.tested,
    requests: test_cases.generated,
    failures: test_cases.unique_failures + test_cases.errored + errors.length,
    isComplete: complete,
  };
}
