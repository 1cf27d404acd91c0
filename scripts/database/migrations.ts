import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Engine, type Limits, SqlError } from "./engine.ts";
import { fillCells } from "./fillCells.ts";
import { LocalDatabaseError } from "./localDatabaseError.ts";

/** A file of SQL that changes the schema, and the digest by which a change of the file is seen. */
export type Migration = { name: string; text: string; sha256: string };

/** What `applyMigrations` asks of a database; an `Engine` is one. */
export type MigrationTarget = Pick<Engine, "query" | "script">;

export const migrationsFolder = join(import.meta.dirname, "../../drizzle");

const limits: Limits = { deadlineMs: 60_000, maxRows: 100_000, maxBytes: 64 * 1024 * 1024 };

/** Number of the advisory lock that keeps two runs apart: any number that nothing else in the database locks. */
const lockNumber = 8_274_100_001;

/** Reads `NNNN_name.sql` files in the order of their numbers, which must not repeat. */
export async function readMigrations(folder = migrationsFolder): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const migrations: Migration[] = [];
  for (const name of names) {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name)) throw failed(`drizzle/${name} is not named NNNN_name.sql.`);
    if (migrations.at(-1)?.name.slice(0, 4) === name.slice(0, 4))
      throw failed(`drizzle/${migrations.at(-1)!.name} and drizzle/${name} have the same number.`);
    const text = await readFile(join(folder, name), "utf8");
    if (/^\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|END)\b[^;\n]*;\s*$/im.test(stripBodies(text)))
      throw failed(`drizzle/${name} begins or ends a transaction; each migration is run in one already.`);
    migrations.push({ name, text, sha256: createHash("sha256").update(text).digest("hex") });
  }
  return migrations;
}

/**
 * Applies what the journal table does not have yet, each file with its journal entry in one transaction; gives the names
 * applied. Two runs at once wait for each other. Errors: `LocalDatabaseError` `migration_changed` when a file differs
 * from what was applied, `migration_failed` with file, line and what PostgreSQL said.
 */
export async function applyMigrations(target: MigrationTarget, migrations: readonly Migration[]): Promise<string[]> {
  await target.script(`
    SELECT pg_advisory_xact_lock(${lockNumber});
    CREATE TABLE IF NOT EXISTS turash_migrations (
      name text PRIMARY KEY,
      sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );`);
  let journal = await readJournal(target);
  checkJournal(journal, migrations);
  const applied: string[] = [];
  for (const migration of migrations) {
    if (journal.has(migration.name)) continue;
    if (await applyOne(target, migration)) applied.push(migration.name);
    else {
      // Another run applied it while this one waited for the lock.
      journal = await readJournal(target);
      checkJournal(journal, migrations);
    }
  }
  if (migrations.some(({ name }) => name === "0002_places.sql")) await fillCells(target);
  return applied;
}

/** The journal's entry goes first: its key refuses what another run applied in the meantime. False then. */
async function applyOne(target: MigrationTarget, { name, text, sha256 }: Migration): Promise<boolean> {
  const head = `SELECT pg_advisory_xact_lock(${lockNumber}); INSERT INTO turash_migrations (name, sha256) VALUES ('${name}', '${sha256}');\n`;
  try {
    await target.script(head + text);
    return true;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    if (error.fields.code === "23505" && error.fields.constraint === "turash_migrations_pkey") return false;
    // Positions count characters from 1, the head's among them.
    const position = Number(error.fields.position) - 1 - head.length;
    const line = position >= 0 ? ` line ${Array.from(text).slice(0, position).join("").split("\n").length}` : "";
    const more = [error.fields.detail, error.fields.hint, error.fields.where]
      .filter(Boolean)
      .join("; ")
      .replace(/\s+/g, " ");
    throw new LocalDatabaseError(
      "migration_failed",
      `drizzle/${name}${line}: ${error.message}${more ? ` (${more})` : ""}. Nothing of this file was applied.`,
      error,
    );
  }
}

async function readJournal(target: MigrationTarget): Promise<Map<string, string>> {
  const { rows } = await target.query(
    { text: "SELECT name, sha256 FROM turash_migrations ORDER BY name", parameters: [] },
    limits,
  );
  return new Map(rows.map(([name, sha256]) => [name!, sha256!]));
}

function checkJournal(journal: Map<string, string>, migrations: readonly Migration[]): void {
  const byName = new Map(migrations.map((migration) => [migration.name, migration]));
  const newest = [...journal.keys()].at(-1) ?? "";
  for (const [name, sha256] of journal) {
    const migration = byName.get(name);
    if (!migration) throw changed(`drizzle/${name} was applied to this database and is not there any more.`);
    if (migration.sha256 !== sha256)
      throw changed(`drizzle/${name} has changed since it was applied to this database.`);
  }
  const late = migrations.find(({ name }) => name < newest && !journal.has(name));
  if (late) throw changed(`drizzle/${late.name} comes before ${newest}, which this database already has.`);
}

/** Without comments and dollar-quoted bodies, where BEGIN and END belong to PL/pgSQL. */
function stripBodies(text: string): string {
  return text.replace(/--.*$/gm, "").replace(/(\$\w*\$)[\s\S]*?\1/g, "");
}

function changed(what: string): LocalDatabaseError {
  return new LocalDatabaseError(
    "migration_changed",
    `${what} Put the change into a new migration, or start with --fresh to forget local data.`,
  );
}

function failed(what: string): LocalDatabaseError {
  return new LocalDatabaseError("migration_failed", what);
}
