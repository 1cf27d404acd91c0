import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process as it is seen from outside. `startedAt` tells it from a later one that got the same number. */
export type ProcessInfo = { pid: number; groupId: number; startedAt: string; command: string };

/** The process with this number, if it lives. */
export function findProcess(pid: number): ProcessInfo | null {
  return process.platform === "linux" ? readProc(pid) : (readPs(["-p", String(pid)])[0] ?? null);
}

/** Every process of a group, as far as this user may see them. */
export function findGroup(groupId: number): ProcessInfo[] {
  if (process.platform !== "linux") return readPs(["-A"]).filter((found) => found.groupId === groupId);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProc(Number(name)))
    .filter((found) => found?.groupId === groupId) as ProcessInfo[];
}

function readProc(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything; the fields after it are: state, parent, group, ... (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, groupId: Number(fields[2]), startedAt: fields[19]!, command };
  } catch {
    return null;
  }
}

function readPs(selection: string[]): ProcessInfo[] {
  try {
    const output = execFileSync("ps", [...selection, "-o", "pid=,pgid=,lstart=,command="], { encoding: "utf8" });
    return output.split("\n").flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
      if (!match) return [];
      return [{ pid: Number(match[1]), groupId: Number(match[2]), startedAt: match[3]!, command: match[4]! }];
    });
  } catch {
    return [];
  }
}

/** Sends a signal to a process or, with a negative number, to a group; nothing happens when it has gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
