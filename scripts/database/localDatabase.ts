import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Engine, type EngineName, SqlError } from "./engine.ts";
import { takeFolderLock } from "./folderLock.ts";
import { LocalDatabaseError } from "./localDatabaseError.ts";
import { applyMigrations, type Migration, migrationsFolder, readMigrations } from "./migrations.ts";
import { openPgliteEngine } from "./pgliteEngine.ts";
import { copySnapshot, engineVersion } from "./pgliteSnapshot.ts";
import { startPostgresCluster } from "./postgresCluster.ts";
import { createPostgresEngine } from "./postgresEngine.ts";
import { type SqlServerOptions, startSqlServer } from "./sqlServer.ts";

export { LocalDatabaseError } from "./localDatabaseError.ts";

export type LocalDatabaseOptions = Omit<SqlServerOptions, "engine" | "password"> & {
  /** Where data lives; made when it is not there. */
  dataDir: string;
  /** `pglite` when absent. */
  engine?: EngineName | undefined;
  /** Forgets what the folder holds of this engine. */
  fresh?: boolean | undefined;
  /** `drizzle/` when absent. */
  migrationsDir?: string | undefined;
  /** Where prebuilt databases are kept; a cache in `node_modules` when absent, so that all data folders share them. */
  snapshotsDir?: string | undefined;
  /** Told what takes long, a line at a time. */
  report?: ((line: string) => void) | undefined;
};

export type LocalDatabase = {
  /** For `neonConfig.fetchEndpoint` and DATABASE_FETCH_ENDPOINT. */
  fetchEndpoint: string;
  /** For `neon()` and DATABASE_URL. Its password is this data folder's own. */
  connectionString: string;
  engine: EngineName;
  /** The server's own address, for `psql` and `pg`; only of the engine `postgres`. */
  postgresUrl?: string;
  /** Trips over HTTP so far. */
  trips(): number;
  /** Milliseconds every later trip takes longer. */
  setDelay(milliseconds: number): void;
  /** Ends what runs, stops the server and the database, frees the folder. */
  close(): Promise<void>;
};

/** Copies of one snapshot are not one database: what a client remembers of the place that it has read to leads nowhere in another. */
const beginEpoch = `DO $$ BEGIN IF to_regproc('begin_event_epoch') IS NOT NULL THEN PERFORM begin_event_epoch(); END IF; END $$`;

/** Not in the data folder, which `--fresh` empties. */
export const defaultSnapshotsFolder = resolve(import.meta.dirname, "../../node_modules/.cache/turash-databases");

/**
 * Starts the database of a data folder, all migrations applied, behind the SQL-over-HTTP server.
 *
 * What was answered outlives a killed process; the embedded engine never syncs to the disk and so may lose to a power
 * failure. Errors: `LocalDatabaseError`, whose message is one line that says what to do.
 */
export async function startLocalDatabase(options: LocalDatabaseOptions): Promise<LocalDatabase> {
  const dataDir = resolve(options.dataDir);
  const report = options.report ?? (() => undefined);
  const engineName = options.engine ?? "pglite";
  const migrations = await readMigrations(options.migrationsDir ?? migrationsFolder);
  await prepareFolder(dataDir);
  const unlock = takeFolderLock(join(dataDir, `${engineName}.lock`), dataDir);
  const closers: (() => unknown)[] = [unlock];
  const close = async () => {
    while (closers.length > 0) await closers.pop()!();
  };
  try {
    const password = await readSecret(join(dataDir, "database.secret"));
    const { engine, postgresUrl } =
      engineName === "pglite"
        ? { engine: await openEmbedded(dataDir, options, migrations, report), postgresUrl: undefined }
        : await openPostgres(dataDir, options, password, report, closers);
    closers.push(() => engine.close());
    const applied = await applyMigrations(engine, migrations);
    if (applied.length > 0) report(`Applied ${applied.join(", ")}`);
    const server = await startSqlServer({ ...options, engine, password });
    closers.push(() => server.close());
    const { fetchEndpoint, connectionString, trips, setDelay } = server;
    return {
      fetchEndpoint,
      connectionString,
      engine: engineName,
      ...(postgresUrl && { postgresUrl }),
      trips,
      setDelay,
      close,
    };
  } catch (error) {
    await close();
    // A database that opens and then does not answer the first questions.
    if (error instanceof SqlError) throw damaged(`The database in ${dataDir} answers "${error.message}".`, error);
    throw error;
  }
}

async function prepareFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (error) {
    throw new LocalDatabaseError(
      "data_folder_unusable",
      `The data folder ${dataDir} cannot be written (${(error as Error).message}). Name another with --data DIR.`,
      error,
    );
  }
}

async function openEmbedded(
  dataDir: string,
  options: LocalDatabaseOptions,
  migrations: Migration[],
  report: (line: string) => void,
): Promise<Engine> {
  const folder = join(dataDir, "pglite");
  const versionFile = join(dataDir, "pglite.version");
  const version = await engineVersion();
  for (const name of await readdir(dataDir))
    if (name.startsWith("pglite.new-")) await rm(join(dataDir, name), { recursive: true, force: true });
  if (options.fresh) await rm(folder, { recursive: true, force: true });
  const state = await inspect(folder);
  if (state === "absent") {
    await rm(folder, { recursive: true, force: true });
    await writeFile(versionFile, version);
    await copySnapshot(folder, options.snapshotsDir ?? defaultSnapshotsFolder, migrations, report);
  } else if (state === "damaged") throw damaged(`The embedded database in ${folder} has lost its PG_VERSION.`);
  else if (existsSync(versionFile) && (await readFile(versionFile, "utf8")) !== version)
    throw damaged(`The embedded database in ${folder} was made by another version.`);
  const engine = await openPgliteEngine(folder);
  if (state === "absent") await engine.script(beginEpoch);
  return engine;
}

/** The engine would make a new database over the remains of one that has no PG_VERSION. */
async function inspect(folder: string): Promise<"absent" | "present" | "damaged"> {
  if (existsSync(join(folder, "PG_VERSION"))) return "present";
  return existsSync(folder) && (await readdir(folder)).length > 0 ? "damaged" : "absent";
}

function damaged(what: string, cause?: unknown): LocalDatabaseError {
  return new LocalDatabaseError(
    "data_folder_damaged",
    `${what} Start with --fresh to replace it; local data is lost.`,
    cause,
  );
}

async function openPostgres(
  dataDir: string,
  { fresh }: LocalDatabaseOptions,
  password: string,
  report: (line: string) => void,
  closers: (() => unknown)[],
): Promise<{ engine: Engine; postgresUrl: string }> {
  const folder = join(dataDir, "postgres");
  if (fresh) await rm(folder, { recursive: true, force: true });
  const cluster = await startPostgresCluster(folder, password, report);
  closers.push(() => cluster.close());
  return { engine: createPostgresEngine(cluster.connectionString), postgresUrl: cluster.connectionString };
}

/** The folder's own password, so that a restart keeps the connection string. Other users cannot read it. */
async function readSecret(path: string): Promise<string> {
  if (existsSync(path)) {
    const secret = (await readFile(path, "utf8")).trim();
    if (/^[0-9a-f]{64}$/.test(secret)) return secret;
  }
  const secret = randomBytes(32).toString("hex");
  await writeFile(path, secret, { mode: 0o600 });
  return secret;
}
