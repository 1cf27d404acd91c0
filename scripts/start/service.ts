import { rmSync } from "node:fs";
import { join } from "node:path";
import { type LocalDatabase, startLocalDatabase } from "../database/localDatabase.ts";
import { writeDocsPage } from "../docsPage.ts";
import { type Egress, startEgress } from "../egress/startEgress.ts";
import { seedTaxonomy } from "../seedTaxonomy.ts";
import { repositoryRoot } from "../wrangler.ts";
import { type ApiClient, createApiClient } from "./apiClient.ts";
import { fireCrons } from "./crons.ts";
import { type DataFolder, openDataFolder } from "./dataFolder.ts";
import { writePrivateFile } from "./files.ts";
import { readForwardedVariables } from "./forwardedVariables.ts";
import { fillGraph, type LocalGraph, openGraph } from "./localGraph.ts";
import type { StartOptions } from "./options.ts";
import type { Progress } from "./progress.ts";
import { loadSecrets } from "./secrets.ts";
import { claimPort, type LocalWorker, startWorker } from "./worker.ts";

/** Everything that a client needs, running on this machine. */
export type Service = {
  url: string;
  operatorKey: string;
  dataFolder: string;
  api: ApiClient;
  /** Resolves with the reason when the Worker ends by itself. */
  ended: Promise<string>;
  stop(): Promise<void>;
};

/** Where other commands find the database of a folder while the service runs on it; gone when it does not. */
export const databaseAddressName = "database-address.json";

/**
 * Starts the database, migrated, and the Worker in front of it. What was started is stopped again when a later part
 * fails or `signal` is aborted. Errors: `StartProblem` and `LocalDatabaseError`, of one line each.
 */
export async function startService(
  options: Pick<StartOptions, "port" | "dataFolder" | "fresh"> & { neo4j?: boolean },
  progress: Progress,
  signal: AbortSignal,
  onLog?: (text: string) => void,
): Promise<Service> {
  const port = await claimPort(options.port);
  const folder = openDataFolder(options.dataFolder, options);
  let database: LocalDatabase | undefined;
  let graph: LocalGraph | undefined;
  let worker: LocalWorker | undefined;
  let egress: Egress | undefined;
  let stopCrons: (() => void) | undefined;
  const address = join(folder.path, databaseAddressName);
  const stop = async () => {
    stopCrons?.();
    await worker?.stop();
    await egress?.stop();
    rmSync(address, { force: true });
    await graph?.close();
    await database?.close();
    folder.release();
  };
  try {
    const { operatorKey, keyPepper } = loadSecrets(folder.path);
    writeDocsPage(repositoryRoot);
    progress("Starting the database (PostgreSQL with PostGIS, embedded) ...");
    database = await unlessAborted(openDatabase(folder, progress), signal);
    const { grades, ewc } = await unlessAborted(seedTaxonomy(database), signal);
    progress(`The taxonomy is there: ${grades} grades, ${ewc} waste codes`);
    writePrivateFile(
      address,
      JSON.stringify({ connectionString: database.connectionString, fetchEndpoint: database.fetchEndpoint }),
    );
    egress = await unlessAborted(startEgress({ folder: join(folder.path, "egress") }), signal);
    graph = await unlessAborted(openGraph(options.neo4j === true, join(folder.path, "neo4j"), progress), signal);
    progress("Starting the Worker ...");
    worker = await startWorker({
      port,
      dataFolder: folder.path,
      secrets: {
        DATABASE_URL: database.connectionString,
        OPERATOR_KEY: operatorKey,
        KEY_PEPPER: keyPepper,
        ...graph.secrets,
      },
      variables: {
        DATABASE_FETCH_ENDPOINT: database.fetchEndpoint,
        WEBHOOK_EGRESS_URL: egress.url,
        ...readForwardedVariables(),
        ...graph.variables,
      },
      signal,
      onGroup: folder.recordGroup,
      ...(onLog && { onLog }),
    });
    stopCrons = fireCrons(worker.url);
    progress(`The Worker is ready at ${worker.url}`);
    const { url, ended } = worker;
    const api = createApiClient(url, signal);
    if (graph.isNew) await fillGraph(api, operatorKey, progress);
    return { url, operatorKey, dataFolder: folder.path, api, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openDatabase(folder: DataFolder, progress: Progress): Promise<LocalDatabase> {
  return startLocalDatabase({ dataDir: join(folder.path, "database"), report: progress });
}

/** Making a database cannot be broken off; nobody has to wait for it, since the process ends and it writes no half one. */
function unlessAborted<Value>(pending: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    pending.then(resolve, reject);
  });
}
