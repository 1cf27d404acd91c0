import { parentPort, workerData } from "node:worker_threads";
import type { BatchOptions, Limits, SqlErrorFields, Statement, StatementResult } from "./engine.ts";
import { ResultTooLargeError, SqlError } from "./engine.ts";
import { openPgliteSession } from "./pgliteSession.ts";

/** One piece of work for the thread that holds the database. */
export type Job =
  | { kind: "query"; statement: Statement; limits: Limits }
  | { kind: "batch"; statements: readonly Statement[]; options: BatchOptions; limits: Limits }
  | { kind: "script"; text: string }
  | { kind: "close" };

export type JobAnswer =
  | { kind: "results"; results: StatementResult[] }
  | { kind: "sqlError"; message: string; fields: SqlErrorFields }
  | { kind: "tooLarge" }
  | { kind: "broken"; message: string };

// The thread's body: opens the database, says so, then answers one job after the other. Jobs never overlap: the main
// thread sends the next when it has the answer to the last.
if (parentPort && workerData?.pgliteFolder) {
  const port = parentPort;
  try {
    const session = await openPgliteSession(workerData.pgliteFolder);
    port.on("message", async (job: Job) => {
      port.postMessage(await answer(job));
      if (job.kind === "close") port.close();
    });
    port.postMessage({ kind: "results", results: [] } satisfies JobAnswer);

    async function answer(job: Job): Promise<JobAnswer> {
      try {
        return { kind: "results", results: await perform(job) };
      } catch (error) {
        if (error instanceof SqlError) return { kind: "sqlError", message: error.message, fields: error.fields };
        if (error instanceof ResultTooLargeError) return { kind: "tooLarge" };
        return { kind: "broken", message: String(error) };
      }
    }

    async function perform(job: Job): Promise<StatementResult[]> {
      if (job.kind === "query") return [await session.query(job.statement, job.limits)];
      if (job.kind === "batch") return session.batch(job.statements, job.options, job.limits);
      if (job.kind === "script") await session.script(job.text);
      else await session.close();
      return [];
    }
  } catch (error) {
    port.postMessage({ kind: "broken", message: String(error) } satisfies JobAnswer);
    port.close();
  }
}
