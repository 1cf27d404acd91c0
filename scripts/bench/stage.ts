import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiKeyText } from "../../src/platform/auth/apiKeyText.ts";
import { seedTaxonomy } from "../seedTaxonomy.ts";
import type { Progress } from "../start/progress.ts";
import { type BareWorker, type BareWorkerOptions, startBareWorker } from "./bareWorker.ts";
import { type BenchDatabase, startBenchDatabase } from "./benchDatabase.ts";
import { buildProduction, readCompatibilityDate } from "./bundles.ts";
import type { LoadRequest } from "./load.ts";
import { loadNetwork } from "./loadNetwork.ts";
import { type Cores, readMemory } from "./machine.ts";
import { type GeneratedNetwork, generateNetwork } from "./network.ts";

const seed = 20_261_101;
const subjectCount = 100;

/** Counted as always, and never reached. */
const unreachedLimits = JSON.stringify({
  addressPerMinute: 1e9,
  credentialPerMinute: 1e9,
  probesPerMinute: 1e9,
  probesPerDay: 1e9,
  requestsPerDay: 1e9,
});

/** What the measures stand on: the production bundle on bare workerd, a database, and a generated network in it. */
export type Stage = {
  /** Small data and short rounds, to see that everything runs. */
  isQuick: boolean;
  cores: Cores;
  folder: string;
  signal: AbortSignal;
  progress: Progress;
  bundlePath: string;
  database: BenchDatabase;
  pepper: string;
  /** Of the production Worker, for others that are to do the same. */
  bindings: Readonly<Record<string, string>>;
  worker: BareWorker;
  /** Of the Worker before its first load, in MB. */
  idleMb: number;
  /** What is loaded; replaced by `load`. */
  network: GeneratedNetwork;
  /** Replaces the network by one of `count` flows, unless that is the one. */
  load(count: number): Promise<void>;
  /** A request as the owner of the subjects. */
  asOwner(method: LoadRequest["method"], path: string, body?: unknown): LoadRequest;
  /** Another Worker beside the production one, on its core unless told otherwise; stopped with the stage at the latest. */
  startWorker(
    options: Pick<BareWorkerOptions, "name" | "modulePath" | "bindings" | "objects"> & { core?: string | null },
  ): Promise<BareWorker>;
  close(): Promise<void>;
};

export async function openStage(options: {
  isQuick: boolean;
  cores: Cores;
  signal: AbortSignal;
  progress: Progress;
}): Promise<Stage> {
  const { cores, signal, progress } = options;
  const folder = mkdtempSync(join(tmpdir(), "turash-bench-"));
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    while (closers.length > 0) await closers.pop()!();
  };
  try {
    progress("Building the production bundle ...");
    const bundlePath = await buildProduction(join(folder, "bundle"));
    const compatibilityDate = readCompatibilityDate();
    progress("Starting the database ...");
    const database = await startBenchDatabase(join(folder, "database"));
    closers.push(() => database.close());
    await seedTaxonomy(database);
    const startWorker: Stage["startWorker"] = async (worker) => {
      signal.throwIfAborted();
      const started = await startBareWorker({ core: cores.worker, ...worker, compatibilityDate, folder });
      closers.push(() => started.stop());
      return started;
    };
    const pepper = randomBytes(32).toString("base64url");
    const bindings = {
      DATABASE_URL: database.connectionString,
      DATABASE_FETCH_ENDPOINT: database.fetchEndpoint,
      OPERATOR_KEY: createApiKeyText("live"),
      KEY_PEPPER: pepper,
      LIMITS: unreachedLimits,
    };
    const objects = { FEEDS: "OrganizationFeed" };
    const worker = await startWorker({ name: "turash", modulePath: bundlePath, bindings, objects });
    await (await fetch(`${worker.url}/health/ready`)).text();
    const idleMb = readMemory(worker.pid).residentMb;
    let key = "";
    const stage: Stage = {
      ...options,
      folder,
      bundlePath,
      database,
      pepper,
      bindings,
      worker,
      idleMb,
      network: generateNetwork(0, 0, seed),
      async load(count) {
        signal.throwIfAborted();
        if (stage.network.flows.length === count) return;
        progress(`Generating and loading ${count.toLocaleString("en-US")} flows into ${database.engine} ...`);
        stage.network = generateNetwork(count, subjectCount, seed);
        key = await loadNetwork(database, stage.network, pepper);
      },
      asOwner: (method, path, body) => ({
        method,
        path,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
      startWorker,
      close,
    };
    return stage;
  } catch (error) {
    await close();
    throw error;
  }
}
