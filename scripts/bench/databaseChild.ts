import type { EngineName } from "../database/engine.ts";
import { type LocalDatabase, startLocalDatabase } from "../database/localDatabase.ts";
import { LocalDatabaseError } from "../database/localDatabaseError.ts";

/**
 * The database of a bench and its SQL-over-HTTP server, in a process of their own so that they and the load generator do
 * not wait for each other. The parent is told where they are, sets the delay, and closes the channel to end them.
 */
export type DatabaseMessage =
  | { kind: "ready"; engine: EngineName; fetchEndpoint: string; connectionString: string; note: string }
  | { kind: "problem"; message: string };
export type DatabaseOrder = { delayMs: number };

const tell = (message: DatabaseMessage) => process.send?.(message);

async function start(dataDir: string): Promise<{ database: LocalDatabase; note: string }> {
  const report = (line: string) => process.stderr.write(`        ${line}\n`);
  try {
    return { database: await startLocalDatabase({ dataDir, engine: "postgres", report }), note: "" };
  } catch (error) {
    if (!(error instanceof LocalDatabaseError) || error.reason !== "postgres_missing") throw error;
    return { database: await startLocalDatabase({ dataDir, engine: "pglite", report }), note: error.message };
  }
}

// Signals are for the parent, which then closes the channel.
process.on("SIGINT", () => undefined).on("SIGTERM", () => undefined);
try {
  const { database, note } = await start(process.argv[2]!);
  const close = () => database.close().finally(() => process.exit(0));
  process.on("message", ({ delayMs }: DatabaseOrder) => database.setDelay(delayMs));
  process.on("disconnect", close);
  if (!process.connected) await close();
  const { engine, fetchEndpoint, connectionString } = database;
  tell({ kind: "ready", engine, fetchEndpoint, connectionString, note });
} catch (error) {
  tell({ kind: "problem", message: error instanceof Error ? error.message : String(error) });
  process.disconnect?.();
}
