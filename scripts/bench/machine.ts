import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

/**
 * Which cores do what. The Worker has one for itself; load and database share the others, so that the Worker's figures
 * are not those of a core that also makes the load.
 */
export type Cores = {
  /** Cores for `taskset -c`. Null: nothing is pinned. */
  worker: string | null;
  /** All of them, for several processes that serve together. */
  all: string | null;
  /** In words, for the report. */
  description: string;
};

/** Clock ticks a second in /proc: USER_HZ is 100 on every Linux that Node runs on (proc(5), time(7)). */
const ticksPerSecond = 100;

/** Pins this process, and so all that it starts, away from the Worker's core; every core stays in use. */
export function divideCores(): Cores {
  const list = findCores();
  if (list.length < 2) return { worker: null, all: null, description: "nothing pinned" };
  const worker = list.at(-1)!;
  const others = list.slice(0, -1).join(",");
  execFileSync("taskset", ["-a", "-p", "-c", others, String(process.pid)], { stdio: "ignore" });
  return {
    worker: String(worker),
    all: list.join(","),
    description: `workerd pinned to core ${worker}; load generator, SQL server and database to ${others} (taskset)`,
  };
}

/** Pins a process that is running; not at all where `cores` is null. */
export function pinTo(cores: string | null, pid: number): void {
  if (cores !== null) execFileSync("taskset", ["-a", "-p", "-c", cores, String(pid)], { stdio: "ignore" });
}

/** The cores that this process may use; none where they cannot be pinned. */
function findCores(): number[] {
  try {
    const list = /:\s*([\d,-]+)\s*$/.exec(
      execFileSync("taskset", ["-p", "-c", String(process.pid)], { encoding: "utf8" }).trim(),
    )?.[1];
    return (list ?? "").split(",").flatMap((range) => {
      const [first, last] = range.split("-").map(Number);
      return Array.from({ length: (last ?? first!) - first! + 1 }, (_, index) => first! + index);
    });
  } catch {
    return [];
  }
}

export function describeMachine(): string {
  const [load] = loadavg();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${gibibytes} GiB, ${process.platform} ${process.arch}, Node ${process.version}; load average before ${load!.toFixed(1)}`;
}

/** Seconds of CPU that a process and all its threads have used; NaN where the system does not tell. */
export function readCpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything; user and system time are the 12th and 13th field after it (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}

/** Megabytes that a process holds in memory, now and at most so far; NaN where the system does not tell. */
export function readMemory(pid: number): { residentMb: number; peakMb: number } {
  const status = readStatus(pid);
  const megabytes = (name: string) => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1];
    return kibibytes === undefined ? Number.NaN : (Number(kibibytes) * 1024) / 1e6;
  };
  return { residentMb: megabytes("VmRSS"), peakMb: megabytes("VmHWM") };
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
