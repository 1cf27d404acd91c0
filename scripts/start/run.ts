import { LocalDatabaseError } from "../database/localDatabase.ts";
import { StartProblem } from "./problem.ts";

const parentWatchMs = 1_000;

/**
 * Runs a program that ends when it is done, or on SIGINT, SIGTERM and SIGHUP: then `signal` is aborted, the program stops
 * what it started, and the exit code is `codeWhenStopped`. A problem is one line on standard error and exit code 1.
 */
export async function runUntilStopped(
  program: (signal: AbortSignal) => Promise<void>,
  codeWhenStopped = 0,
): Promise<never> {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopping.abort());
  // Whoever reads the output has gone.
  process.stdout.on("error", () => stopping.abort());
  process.stderr.on("error", () => stopping.abort());
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stopping.abort();
  }, parentWatchMs);
  watch.unref();
  try {
    await program(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) {
      process.stderr.write(`turash: ${describe(error)}\n`);
      process.exit(1);
    }
  }
  process.exit(stopping.signal.aborted ? codeWhenStopped : 0);
}

function describe(error: unknown): string {
  if (error instanceof StartProblem || error instanceof LocalDatabaseError) return error.message;
  if (process.env.TURASH_DEBUG) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = error instanceof Error ? error.message : String(error);
  return `${message.replaceAll(/\s+/g, " ")} (unexpected; TURASH_DEBUG=1 shows where)`;
}

/** Waits until it is asked to stop; a Worker that ends by itself is a problem. */
export async function waitForEnd(ended: Promise<string>, signal: AbortSignal): Promise<void> {
  const asked = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  const lastWords = await Promise.race([asked, ended]);
  if (lastWords !== null) throw new StartProblem(`the Worker ended by itself: ${lastWords || "no word why"}`);
}

/** Resolves when the text has been handed over, so that an exit does not cut it off. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
