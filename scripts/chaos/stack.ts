import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findFreePort } from "../freePort.ts";
import { seedTaxonomy } from "../seedTaxonomy.ts";
import { signalProcess } from "../start/processes.ts";
import { createSecrets } from "../start/secrets.ts";
import { type LocalWorker, startWorker } from "../start/worker.ts";

export type Stack = {
  url: string;
  operatorKey: string;
  database(): { fetchEndpoint: string; connectionString: string };
  /** Ends a part with SIGKILL, as a crash does: the Worker with its whole process group. */
  kill(part: Part): Promise<void>;
  /** Starts what does not run. */
  start(): Promise<void>;
  /** Ends the Worker and starts it anew with other variables. */
  restartWith(variables: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
};

export type Part = "worker" | "database";

type Database = { child: ChildProcess; closed: Promise<void>; fetchEndpoint: string; connectionString: string };

/** The service in two parts, each of which can be killed and started again over the same data, at the same addresses. */
export async function createStack(
  folder: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Stack> {
  const secrets = createSecrets();
  const [workerPort, databasePort] = [await findFreePort(), await findFreePort()];
  let own = variables;
  let database: Database | null = null;
  let worker: LocalWorker | null = null;
  let groupId: number | null = null;
  let isSeeded = false;

  const startDatabase = async () => {
    const parameters = ["--json", `--port=${databasePort}`, "--data", join(folder, "database")];
    const child = spawn(process.execPath, [join(import.meta.dirname, "../dbStart.ts"), ...parameters], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    let words = "";
    child.stderr.on("data", (chunk) => {
      words = (words + chunk).slice(-2_000);
    });
    for await (const line of createInterface(child.stdout)) return { child, closed, ...JSON.parse(line) } as Database;
    throw new Error(`the database did not start: ${words.trim()}`);
  };

  const startOwnWorker = async (address: Database) => {
    worker = await startWorker({
      port: workerPort,
      dataFolder: folder,
      secrets: {
        DATABASE_URL: address.connectionString,
        OPERATOR_KEY: secrets.operatorKey,
        KEY_PEPPER: secrets.keyPepper,
      },
      variables: { DATABASE_FETCH_ENDPOINT: address.fetchEndpoint, ...own },
      signal,
      onGroup: ({ pid }) => {
        groupId = pid;
      },
    });
  };

  const start = async () => {
    database ??= await startDatabase();
    if (!isSeeded) await seedTaxonomy(database);
    isSeeded = true;
    if (!worker) await startOwnWorker(database);
  };

  const killWorker = async () => {
    if (!worker || groupId === null) return;
    const { ended } = worker;
    signalProcess(-groupId, "SIGKILL");
    await ended;
    worker = null;
  };

  return {
    url: `http://127.0.0.1:${workerPort}`,
    operatorKey: secrets.operatorKey,
    database() {
      if (!database) throw new Error("the database does not run");
      return database;
    },
    async kill(part) {
      if (part === "worker") return killWorker();
      database?.child.kill("SIGKILL");
      await database?.closed;
      database = null;
    },
    start,
    async restartWith(changed) {
      own = { ...variables, ...changed };
      await killWorker();
      await start();
    },
    async stop() {
      await worker?.stop();
      database?.child.kill("SIGTERM");
      await database?.closed;
    },
  };
}
