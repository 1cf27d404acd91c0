import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, cp, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeFolderLock } from "../../scripts/database/folderLock.ts";
import {
  type LocalDatabase,
  type LocalDatabaseOptions,
  startLocalDatabase,
} from "../../scripts/database/localDatabase.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "turash-local-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ask(database: LocalDatabase, text: string): Promise<Record<string, unknown>[]> {
  neonConfig.fetchEndpoint = database.fetchEndpoint;
  return neon(database.connectionString).query(text);
}

/** Starts it and gives the error; one that starts all the same is closed. */
async function problem(options: LocalDatabaseOptions): Promise<Error & { reason: string }> {
  const outcome = await startLocalDatabase(options).catch((error) => error);
  if (outcome instanceof Error) return outcome as Error & { reason: string };
  await outcome.close();
  return expect.fail("it started");
}

describe.each(enginesUnderTest)("the local database on %s", (engine) => {
  it("keeps its data and its password over a restart, and forgets the data when asked to", async () => {
    // The folder above is closed to other users, as a repository under /root is.
    const dataDir = join(folder, `${engine}-kept`);
    const first = await startLocalDatabase({ dataDir, engine });
    expect(first.engine).toBe(engine);
    await ask(first, "CREATE TABLE kept AS SELECT 7 AS value");
    const passwordOf = (database: LocalDatabase) => new URL(database.connectionString).password;
    const password = passwordOf(first);

    const locked = await problem({ dataDir, engine });
    expect(locked).toMatchObject({ name: "LocalDatabaseError", reason: "data_folder_locked" });
    expect(locked.message).toContain(`in use by process ${process.pid}`);
    await first.close();
    await expect(ask(first, "SELECT 1")).rejects.toThrow("Error connecting to database");

    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as { port: number };
    expect(await problem({ dataDir, engine, port })).toMatchObject({ reason: "port_in_use" });
    await new Promise((resolve) => blocker.close(resolve));

    const second = await startLocalDatabase({ dataDir, engine, port });
    expect(passwordOf(second)).toBe(password);
    expect(second.fetchEndpoint).toBe(`http://127.0.0.1:${port}/sql`);
    expect(await ask(second, "SELECT value FROM kept")).toEqual([{ value: 7 }]);
    expect(second.trips()).toBe(1);
    await second.close();

    const fresh = await startLocalDatabase({ dataDir, engine, fresh: true });
    expect(
      await ask(fresh, "SELECT to_regclass('kept') AS kept, count(*)::int > 0 AS migrated FROM turash_migrations"),
    ).toEqual([{ kept: null, migrated: true }]);
    await fresh.close();
  });

  it("says in one line that its files are damaged, and starts afresh", async () => {
    const dataDir = join(folder, `${engine}-damaged`);
    await (await startLocalDatabase({ dataDir, engine })).close();
    const files = engine === "pglite" ? join(dataDir, "pglite") : join(dataDir, "postgres", "data");
    await truncate(join(files, "global", "pg_control"), 0);
    const error = await problem({ dataDir, engine });
    expect(error).toMatchObject({ name: "LocalDatabaseError", reason: "data_folder_damaged" });
    expect(error.message).toContain("--fresh");
    expect(error.message).not.toContain("\n");
    const mended = await startLocalDatabase({ dataDir, engine, fresh: true });
    expect(await ask(mended, "SELECT 1 AS fine")).toEqual([{ fine: 1 }]);
    await mended.close();
  });
});

describe("the embedded database", () => {
  it("never makes a new database over the remains of one", async () => {
    const dataDir = join(folder, "remains");
    await mkdir(join(dataDir, "pglite", "base"), { recursive: true });
    expect(await problem({ dataDir })).toMatchObject({ reason: "data_folder_damaged" });
    expect(existsSync(join(dataDir, "pglite", "PG_VERSION"))).toBe(false);
  });

  it("does not open what another version made", async () => {
    const dataDir = join(folder, "versions");
    await mkdir(join(dataDir, "pglite"), { recursive: true });
    await writeFile(join(dataDir, "pglite", "PG_VERSION"), "18\n");
    await writeFile(join(dataDir, "pglite.version"), "@electric-sql/pglite@0.0.1");
    expect((await problem({ dataDir })).message).toContain("was made by another version");
  });

  it("refuses a folder it cannot write", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    expect(await problem({ dataDir: join(file, "data") })).toMatchObject({ reason: "data_folder_unusable" });
  });

  it("names a migration that was changed after it was applied", async () => {
    const migrationsDir = join(folder, "migrations");
    await cp(join(import.meta.dirname, "../../drizzle"), migrationsDir, { recursive: true });
    const dataDir = join(folder, "changed");
    await (await startLocalDatabase({ dataDir, migrationsDir })).close();
    await appendFile(join(migrationsDir, "0001_foundation.sql"), "-- one more word\n");
    const error = await problem({ dataDir, migrationsDir });
    expect(error).toMatchObject({ reason: "migration_changed" });
    expect(error.message).toContain("drizzle/0001_foundation.sql has changed");
  });
});

describe("a folder's lock", () => {
  it("is taken over from a process that was killed, and by one of many only", async () => {
    const path = join(folder, "killed.lock");
    const module = join(import.meta.dirname, "../../scripts/database/folderLock.ts");
    const text = `import(${JSON.stringify(module)}).then((m) => { m.takeFolderLock(${JSON.stringify(path)}, "here"); process.kill(process.pid, "SIGKILL"); })`;
    const child = spawn(process.execPath, ["-e", text]);
    await new Promise((resolve) => child.once("close", resolve));
    expect(existsSync(path)).toBe(true);
    const release = takeFolderLock(path, "here");
    expect(() => takeFolderLock(path, "here")).toThrow(`in use by process ${process.pid}`);
    release();
    expect(existsSync(path)).toBe(false);
  });

  it("is taken over when it is empty, or names a number that another process has now", async () => {
    const path = join(folder, "odd.lock");
    for (const content of ["", "{}", "not json", JSON.stringify({ pid: process.pid, started: "1@another-boot" })]) {
      await writeFile(path, content);
      takeFolderLock(path, "here")();
      expect(existsSync(path)).toBe(false);
    }
  });
});
