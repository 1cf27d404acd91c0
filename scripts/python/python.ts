import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { StartProblem } from "../start/problem.ts";

const execute = promisify(execFile);

export type Python = { command: string; version: string };

/** Oldest minor version of Python 3 that all pinned packages run on, and the one that Debian 12 has. */
const oldestMinor = 11;
const names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
const question = "import sys; print('.'.join(map(str, sys.version_info[:3])))";

/** Finds a Python 3 that is new enough. Errors: `StartProblem`, with what was found instead. */
export async function findPython(): Promise<Python> {
  const tooOld: string[] = [];
  for (const command of names) {
    const version = await askVersion(command);
    if (version === null) continue;
    const [major, minor] = version.split(".").map(Number);
    if (major === 3 && minor! >= oldestMinor) return { command, version };
    tooOld.push(`${command} is ${version}`);
  }
  throw new StartProblem(
    `this needs Python 3.${oldestMinor} or later with its module venv; ${tooOld.length > 0 ? tooOld.join(", ") : "no python3 is installed"}. On Debian, as root: apt-get install -y python3-venv`,
  );
}

async function askVersion(command: string): Promise<string | null> {
  try {
    const { stdout } = await execute(command, ["-c", question]);
    return /^\d+\.\d+\.\d+$/.test(stdout.trim()) ? stdout.trim() : null;
  } catch {
    return null;
  }
}
