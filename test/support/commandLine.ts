import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProcess, type ProcessInfo } from "../../scripts/start/processes.ts";
import type { StartAnswer } from "./provided.ts";

const root = join(import.meta.dirname, "..", "..");

export type Command = {
  process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The exit code; the signal's name when one ended it. */
  exit: Promise<number | string | null>;
};

/** `npm start -- ...` as a developer types it. */
export function npmStart(...parameters: string[]): Command {
  const child = spawn("npm", ["start", "--", ...parameters], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    exit: new Promise((resolve) => child.on("close", (code, signal) => resolve(signal ?? code))),
  };
}

/** What `--json` printed, once it has. */
export async function readAnswer(command: Command): Promise<StartAnswer> {
  let hasEnded = false;
  void command.exit.then(() => {
    hasEnded = true;
  });
  while (!command.stdout().includes("\n")) {
    if (hasEnded) throw new Error(`npm start ended without an answer:\n${command.stderr()}`);
    await sleep(50);
  }
  return JSON.parse(command.stdout()) as StartAnswer;
}

export async function waitForWords(command: Command, words: string): Promise<void> {
  while (!command.stderr().includes(words)) await sleep(20);
}

/** The process and all its descendants, as they are now. */
export function findTree(pid: number): ProcessInfo[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(name);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const collect = (top: number): number[] => [top, ...(children.get(top) ?? []).flatMap(collect)];
  return collect(pid).flatMap((each) => findProcess(each) ?? []);
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

/** Those of the processes that still live after a moment's grace. */
export async function findSurvivors(processes: readonly ProcessInfo[], graceMs = 2_000): Promise<string[]> {
  const deadline = Date.now() + graceMs;
  for (;;) {
    const alive = processes.filter(({ pid, startedAt }) => findProcess(pid)?.startedAt === startedAt);
    if (alive.length === 0 || Date.now() > deadline) return alive.map(({ pid, command }) => `${pid} ${command}`);
    await sleep(50);
  }
}
