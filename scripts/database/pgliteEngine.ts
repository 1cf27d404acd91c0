import { Worker } from "node:worker_threads";
import {
  abandonedError,
  deadlineError,
  type Engine,
  type Limits,
  ResultTooLargeError,
  SqlError,
  type StatementResult,
} from "./engine.ts";
import { LocalDatabaseError } from "./localDatabaseError.ts";
import type { Job, JobAnswer } from "./pgliteWorker.ts";

/** An open database answers within seconds; one that does not is taken for damaged. Building a new one takes 10-15 s. */
const openDeadlineMs = 120_000;
const closeDeadlineMs = 10_000;

/**
 * The embedded database in a folder, one queue in front of its one connection.
 *
 * It runs in a thread of its own: a statement cannot be interrupted there, so one that outlasts its deadline is ended by
 * ending the thread and opening the database again, which loses nothing that was answered, as after a killed process.
 * Whoever calls holds the folder's lock. Errors: `LocalDatabaseError` `data_folder_damaged` when it does not open.
 */
export async function openPgliteEngine(folder: string): Promise<Engine> {
  let thread = await openThread(folder);
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  function enqueue(job: Job, limits?: Limits): Promise<StatementResult[]> {
    if (closed)
      return Promise.reject(new SqlError("the database is shutting down", { severity: "FATAL", code: "57P01" }));
    const begun = Date.now();
    const turn = queue.then(async () => {
      if (limits?.signal?.aborted) throw abandonedError();
      const leftMs = limits ? limits.deadlineMs - (Date.now() - begun) : undefined;
      if (limits && leftMs! <= 0) throw deadlineError(limits.deadlineMs);
      const answer = await ask(job, leftMs);
      if (answer === "late") throw deadlineError(limits!.deadlineMs);
      if (answer.kind === "results") return answer.results;
      if (answer.kind === "tooLarge") throw new ResultTooLargeError();
      if (answer.kind === "sqlError") throw new SqlError(answer.message, answer.fields);
      await reopen();
      throw new SqlError(`the embedded database stopped: ${answer.message}`, { severity: "FATAL", code: "XX000" });
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function ask(job: Job, leftMs: number | undefined): Promise<JobAnswer | "late"> {
    const answer = await (leftMs === undefined ? thread.ask(job) : orLate(thread.ask(job), leftMs));
    if (answer === "late") await reopen();
    return answer;
  }

  async function reopen(): Promise<void> {
    await thread.end();
    thread = await openThread(folder);
  }

  return {
    name: "pglite",
    query: async (statement, limits) =>
      (await enqueue({ kind: "query", statement, limits: sendable(limits) }, limits))[0]!,
    batch: (statements, options, limits) =>
      enqueue({ kind: "batch", statements, options, limits: sendable(limits) }, limits),
    script: async (text) => {
      await enqueue({ kind: "script", text });
    },
    async close() {
      if (closed) return;
      closed = true;
      await queue;
      await orLate(thread.ask({ kind: "close" }), closeDeadlineMs);
      await thread.end();
    },
  };
}

type Thread = { ask(job: Job): Promise<JobAnswer>; end(): Promise<unknown> };

async function openThread(folder: string): Promise<Thread> {
  const worker = new Worker(new URL("./pgliteWorker.ts", import.meta.url), {
    workerData: { pgliteFolder: folder },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  // What PostgreSQL says while it starts is of use only when it does not start.
  let said = "";
  for (const stream of [worker.stdout, worker.stderr])
    stream.on("data", (chunk) => (said = (said + chunk).slice(-2000)));
  let settle: (answer: JobAnswer) => void = () => undefined;
  worker.on("message", (answer: JobAnswer) => settle(answer));
  worker.on("error", (error) => settle({ kind: "broken", message: String(error) }));
  let ended: JobAnswer | undefined;
  worker.on("exit", (code) => {
    ended = { kind: "broken", message: `its thread ended with code ${code}` };
    settle(ended);
  });
  const next = () =>
    new Promise<JobAnswer>((resolve) => {
      settle = resolve;
    });

  const opened = await orLate(next(), openDeadlineMs);
  if (opened === "late" || opened.kind !== "results") {
    await worker.terminate();
    const why = opened === "late" ? "no answer" : opened.kind === "broken" ? opened.message : opened.kind;
    throw new LocalDatabaseError(
      "data_folder_damaged",
      `The embedded database in ${folder} does not open; its files are damaged. Start with --fresh to replace it; local data is lost.`,
      `${why}\n${said}`,
    );
  }
  return {
    ask(job) {
      if (ended) return Promise.resolve(ended);
      const answer = next();
      worker.postMessage(job);
      return answer;
    },
    end: () => worker.terminate(),
  };
}

/** A signal cannot be sent to a thread. */
function sendable({ deadlineMs, maxRows, maxBytes }: Limits): Limits {
  return { deadlineMs, maxRows, maxBytes };
}

async function orLate<Answer>(answer: Promise<Answer>, milliseconds: number): Promise<Answer | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, milliseconds, "late");
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
