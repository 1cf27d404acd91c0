import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SqlError } from "../../scripts/database/engine.ts";
import {
  applyMigrations,
  type Migration,
  type MigrationTarget,
  readMigrations,
} from "../../scripts/database/migrations.ts";
import { createPostgresEngine } from "../../scripts/database/postgresEngine.ts";
import { type EngineUnderTest, enginesUnderTest, openEngineUnderTest } from "../support/engineUnderTest.ts";

const migration = (name: string, text: string): Migration => ({
  name,
  text,
  sha256: createHash("sha256").update(text).digest("hex"),
});
const first = migration(
  "0001_first.sql",
  "CREATE TABLE things (id integer PRIMARY KEY);\nINSERT INTO things VALUES (1);\n",
);
const second = migration("0002_second.sql", "ALTER TABLE things ADD COLUMN label text NOT NULL DEFAULT 'x';\n");
const limits = { deadlineMs: 10_000, maxRows: 1000, maxBytes: 1_000_000 };

describe.each(enginesUnderTest)("migrations on %s", (engineName) => {
  let opened: EngineUnderTest;
  let target: MigrationTarget;
  let schemas = 0;

  beforeAll(async () => {
    opened = await openEngineUnderTest(engineName);
  });
  afterAll(() => opened?.close());
  beforeEach(async () => {
    schemas += 1;
    await opened.engine.script(`CREATE SCHEMA migrations_${schemas}`);
    target = inSchema(opened.engine, `migrations_${schemas}`);
  });

  const read = async (text: string) => (await target.query({ text, parameters: [] }, limits)).rows;

  it("are applied in their order and once", async () => {
    expect(await applyMigrations(target, [first, second])).toEqual(["0001_first.sql", "0002_second.sql"]);
    expect(await applyMigrations(target, [first, second])).toEqual([]);
    expect(await read("SELECT id, label FROM things")).toEqual([["1", "x"]]);
    expect(await read("SELECT name, sha256, applied_at IS NOT NULL FROM turash_migrations ORDER BY name")).toEqual([
      [first.name, first.sha256, "t"],
      [second.name, second.sha256, "t"],
    ]);
  });

  it("are refused when one was changed, removed or slipped in after it was applied", async () => {
    await applyMigrations(target, [first, second]);
    const refusal = (migrations: Migration[]) => applyMigrations(target, migrations).catch((error) => error);
    const changed = await refusal([migration(first.name, `${first.text}-- later`), second]);
    expect(changed).toMatchObject({ name: "LocalDatabaseError", reason: "migration_changed" });
    expect(changed.message).toContain("drizzle/0001_first.sql has changed");
    expect((await refusal([second])).message).toContain("0001_first.sql was applied to this database and is not there");
    const slipped = migration("0000_before.sql", "SELECT 1;");
    expect((await refusal([slipped, first, second])).message).toContain("0000_before.sql comes before 0002_second.sql");
  });

  it("leave nothing of a file that fails, and name its line", async () => {
    const broken = migration(
      "0002_broken.sql",
      "-- ünïcödé\nCREATE TABLE others (id integer);\nINSERT INTO nowhere VALUES (1);\n",
    );
    const error = await applyMigrations(target, [first, broken]).catch((caught) => caught);
    expect(error).toMatchObject({ name: "LocalDatabaseError", reason: "migration_failed" });
    expect(error.message).toContain('drizzle/0002_broken.sql line 3: relation "nowhere" does not exist');
    expect(error.message).not.toContain("\n");
    expect(await read("SELECT name FROM turash_migrations")).toEqual([["0001_first.sql"]]);
    expect(await read(`SELECT to_regclass('migrations_${schemas}.others')`)).toEqual([[null]]);
    expect(await applyMigrations(target, [first, second])).toEqual(["0002_second.sql"]);
  });

  it("of the repository make the whole schema", async () => {
    const migrations = await readMigrations();
    expect(migrations.length).toBeGreaterThan(0);
    // The embedded engine's snapshot has them already.
    expect(await applyMigrations(opened.engine, migrations)).toEqual(
      engineName === "pglite" ? [] : migrations.map(({ name }) => name),
    );
    expect(await applyMigrations(opened.engine, migrations)).toEqual([]);
  });

  if (engineName === "postgres")
    it("wait for each other when two runs meet", async () => {
      const slow = migration("0001_slow.sql", "CREATE TABLE slow (id integer); SELECT pg_sleep(0.5);");
      const other = createPostgresEngine(opened.postgresUrl!);
      try {
        await applyMigrations(target, []);
        const runs = [target, inSchema(other, `migrations_${schemas}`)].map((each) =>
          applyMigrations(each, [slow, migration("0002_quick.sql", "SELECT 1;")]),
        );
        const applied = (await Promise.all(runs)).flat();
        expect(applied.toSorted()).toEqual(["0001_slow.sql", "0002_quick.sql"]);
      } finally {
        await other.close();
      }
    });
});

describe("migration files", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "turash-migrations-"));
    return () => rm(folder, { recursive: true, force: true });
  });
  const problem = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return readMigrations(folder).then(
      () => null,
      (error) => error.message,
    );
  };

  it("are read by number, whatever else lies beside them", async () => {
    await writeFile(join(folder, "0010_b.sql"), "SELECT 2;");
    await writeFile(join(folder, "0002_a.sql"), "SELECT 1;");
    await writeFile(join(folder, "readme.md"), "");
    expect((await readMigrations(folder)).map(({ name }) => name)).toEqual(["0002_a.sql", "0010_b.sql"]);
  });

  it("are refused by another name", async () => {
    expect(await problem({ "1_short.sql": "" })).toContain("is not named NNNN_name.sql");
    expect(await problem({ "0001_it's.sql": "" })).toContain("is not named NNNN_name.sql");
  });

  it("are refused when two have one number", async () => {
    expect(await problem({ "0001_a.sql": "", "0001_b.sql": "" })).toContain("have the same number");
  });

  it("are refused when they end the transaction they run in, which a function's body does not", async () => {
    const body =
      "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n  PERFORM 1;\nEND;\n$$;\n-- COMMIT;\n";
    expect(await problem({ "0001_function.sql": body })).toBeNull();
    expect(await problem({ "0002_commit.sql": "SELECT 1;\nCOMMIT;\n" })).toContain("begins or ends a transaction");
  });
});

/** The same database with another schema in front, so that each test has a journal of its own. */
function inSchema(target: MigrationTarget & { batch?: unknown }, schema: string): MigrationTarget {
  const path = `SET LOCAL search_path = ${schema}, public;\n`;
  return {
    async query(statement, each) {
      const text = `SET search_path = ${schema}, public`;
      const engine = target as EngineUnderTest["engine"];
      const results = await engine.batch(
        [{ text: text.replace("SET", "SET LOCAL"), parameters: [] }, statement],
        {},
        each,
      );
      return results[1]!;
    },
    async script(text) {
      try {
        await target.script(path + text);
      } catch (error) {
        if (!(error instanceof SqlError) || error.fields.position === undefined) throw error;
        throw new SqlError(error.message, {
          ...error.fields,
          position: String(Number(error.fields.position) - path.length),
        });
      }
    },
  };
}
