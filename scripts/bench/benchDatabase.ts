import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { EngineName } from "../database/engine.ts";
import { StartProblem } from "../start/problem.ts";
import type { DatabaseMessage, DatabaseOrder } from "./databaseChild.ts";

export type BenchDatabase = {
  engine: EngineName;
  fetchEndpoint: string;
  connectionString: string;
  /** Why it is the embedded one; empty where it is PostgreSQL. */
  note: string;
  /** Milliseconds that every trip takes longer from now on. */
  setDelay(milliseconds: number): void;
  close(): Promise<void>;
};

/** Real PostgreSQL with PostGIS where it is or can be installed, else the embedded one; empty, migrated. */
export async function startBenchDatabase(dataDir: string): Promise<BenchDatabase> {
  const child = fork(join(import.meta.dirname, "databaseChild.ts"), [dataDir], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    detached: true,
  });
  const message = await new Promise<DatabaseMessage>((resolve, reject) => {
    child.once("message", (value) => resolve(value as DatabaseMessage));
    child.once("error", reject);
    child.once("exit", (code) => resolve({ kind: "problem", message: `the database ended with code ${code}` }));
  });
  if (message.kind === "problem") throw new StartProblem(message.message);
  const { engine, fetchEndpoint, connectionString, note } = message;
  return {
    engine,
    fetchEndpoint,
    connectionString,
    note,
    setDelay: (delayMs) => child.send({ delayMs } satisfies DatabaseOrder),
    close: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.disconnect();
  await ended;
}
