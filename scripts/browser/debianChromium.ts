import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { StartProblem } from "../start/problem.ts";

const execute = promisify(execFile);

const names = ["chromium", "chromium-browser", "google-chrome"];
const command = "apt-get install -y --no-install-recommends chromium";

/** Finds a Chromium; as root on Debian it installs one where there is none. Errors: `StartProblem`, with the one line to run. */
export async function findChromium(report: (line: string) => void): Promise<string> {
  const found = findInstalled();
  if (found !== null) return found;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    throw new StartProblem(`Chromium is not installed. Run as root: apt-get update && ${command}`);
  report("Installing chromium");
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
    await execute("apt-get", ["update"], { env, maxBuffer: 1e8 });
    await execute("apt-get", command.split(" ").slice(1), { env, maxBuffer: 1e8 });
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error);
    throw new StartProblem(`chromium could not be installed: ${said.trim().split("\n").slice(-3).join(" ")}`);
  }
  const installed = findInstalled();
  if (installed === null) throw new StartProblem("chromium is installed but not where programs are looked for.");
  return installed;
}

function findInstalled(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const places = names.flatMap((name) => [...folders, "/usr/bin"].map((folder) => join(folder, name)));
  return places.find((place) => existsSync(place)) ?? null;
}
