import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, EngineName } from "../../scripts/database/engine.ts";
import { defaultSnapshotsFolder } from "../../scripts/database/localDatabase.ts";
import { readMigrations } from "../../scripts/database/migrations.ts";
import { openPgliteEngine } from "../../scripts/database/pgliteEngine.ts";
import { copySnapshot } from "../../scripts/database/pgliteSnapshot.ts";
import { startPostgresCluster } from "../../scripts/database/postgresCluster.ts";
import { createPostgresEngine } from "../../scripts/database/postgresEngine.ts";

const postgres = process.env.TURASH_TEST_POSTGRES;

/**
 * Every suite of the database runs on each of these. TURASH_TEST_POSTGRES=1 brings in the real PostgreSQL, and
 * TURASH_TEST_POSTGRES=only leaves out the embedded one, as .ci/run does, which has run that before.
 */
export const enginesUnderTest: EngineName[] =
  postgres === "only" ? ["postgres"] : postgres === "1" ? ["pglite", "postgres"] : ["pglite"];

if (!enginesUnderTest.includes("postgres"))
  console.info("Real PostgreSQL is left out; TURASH_TEST_POSTGRES=1 brings it in.");

export type EngineUnderTest = { engine: Engine; postgresUrl?: string; close(): Promise<void> };

/** An engine in a folder of its own; the embedded one with the repository's migrations, the real one empty. */
export async function openEngineUnderTest(name: EngineName): Promise<EngineUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "turash-test-"));
  const forget = () => rm(folder, { recursive: true, force: true });
  try {
    if (name === "pglite") {
      await copySnapshot(join(folder, "pglite"), defaultSnapshotsFolder, await readMigrations(), console.info);
      const engine = await openPgliteEngine(join(folder, "pglite"));
      return { engine, close: () => engine.close().then(forget) };
    }
    const cluster = await startPostgresCluster(join(folder, "postgres"), "a-secret-of-this-test", console.info);
    const engine = createPostgresEngine(cluster.connectionString);
    await engine.script("CREATE EXTENSION IF NOT EXISTS postgis");
    const close = () => engine.close().then(cluster.close).then(forget);
    return { engine, postgresUrl: cluster.connectionString, close };
  } catch (error) {
    await forget();
    throw error;
  }
}
