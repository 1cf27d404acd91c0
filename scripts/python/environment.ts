import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { readIfThere } from "../start/files.ts";
import { StartProblem } from "../start/problem.ts";
import type { Progress } from "../start/progress.ts";
import { repositoryRoot } from "../wrangler.ts";
import { findPython } from "./python.ts";

const execute = promisify(execFile);

/**
 * The Python of a virtual environment that holds what a file of requirements pins and nothing besides; made where it is missing,
 * broken off or of other requirements. `name` is that of what is installed. Errors: `StartProblem`.
 */
export async function openEnvironment(
  name: string,
  requirements: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  // Beside what other tools keep between runs: ignored by git, and gone with node_modules.
  const folder = join(repositoryRoot, "node_modules", ".cache", `${name}-python`);
  const binary = process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
  const python = await findPython();
  const wanted = createHash("sha256").update(readFileSync(requirements)).update(python.version).digest("hex");
  const mark = join(folder, "complete");
  if (readIfThere(mark) === wanted) return binary;
  progress(`Installing ${name} for Python ${python.version} (once) ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(python.command, ["-m", "venv", folder], signal, "a virtual environment cannot be made");
  const options = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes", "--only-binary=:all:"];
  await run(binary, ["-m", "pip", "install", ...options, "-r", requirements], signal, `${name} cannot be installed`);
  // As the last act, so that an installation that was broken off has none.
  writeFileSync(mark, wanted);
  return binary;
}

async function run(command: string, parameters: string[], signal: AbortSignal, problem: string): Promise<void> {
  try {
    await execute(command, parameters, { signal, maxBuffer: 1e8 });
  } catch (error) {
    signal.throwIfAborted();
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    const words = `${stdout}\n${stderr}`.trim() || message;
    throw new StartProblem(`${problem}: ${words.split("\n").slice(-6).join(" ").replaceAll(/\s+/g, " ")}`);
  }
}
