import type { EngineName, SqlError } from "../../scripts/database/engine.ts";
import { applyMigrations, readMigrations } from "../../scripts/database/migrations.ts";
import { type SqlServer, startSqlServer } from "../../scripts/database/sqlServer.ts";
import { seedTaxonomy } from "../../scripts/seedTaxonomy.ts";
import { createDatabase, type Database } from "../../src/stores/postgres/client.ts";
import { openEngineUnderTest } from "./engineUnderTest.ts";

const password = "a-secret-of-this-test";
const limits = { deadlineMs: 30_000, maxRows: 100_000, maxBytes: 64 * 1024 * 1024 };

export type Row = Record<string, string | null>;

export type StoresUnderTest = {
  server: SqlServer;
  /** For connections of a test's own; the embedded engine has one, which is taken. */
  postgresUrl?: string;
  /** A client as each request has one, with the real driver over HTTP. */
  connect(signal?: AbortSignal): Database;
  /** Runs one statement past the driver and gives its rows, every value as PostgreSQL prints it. Fails with `SqlError`. */
  run(text: string, parameters?: (string | null)[]): Promise<Row[]>;
  /** Runs several statements in one transaction. */
  script(text: string): Promise<void>;
  close(): Promise<void>;
};

/** A migrated database with the taxonomy, behind the SQL-over-HTTP server. */
export async function openStoresUnderTest(name: EngineName): Promise<StoresUnderTest> {
  const { engine, postgresUrl, close } = await openEngineUnderTest(name);
  try {
    await applyMigrations(engine, await readMigrations());
    const server = await startSqlServer({ engine, password });
    await seedTaxonomy(server);
    const { connectionString, fetchEndpoint } = server;
    return {
      server,
      ...(postgresUrl && { postgresUrl }),
      connect: (signal = new AbortController().signal) => createDatabase({ connectionString, fetchEndpoint, signal }),
      async run(text, parameters = []) {
        const { fields, rows } = await engine.query({ text, parameters }, limits);
        return rows.map((row) => Object.fromEntries(row.map((value, index) => [fields[index]!.name, value])));
      },
      script: (text) => engine.script(text),
      close: () => server.close().then(close),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the database refuses a statement with. */
export function refusalOf(work: Promise<unknown>): Promise<Pick<SqlError["fields"], "code" | "constraint" | "column">> {
  return work.then(
    () => ({ code: "it was accepted" }),
    (error: SqlError) => error.fields ?? Promise.reject(error),
  );
}
