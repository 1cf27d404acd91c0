import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import type { Engine } from "../database/engine.ts";
import { LocalDatabaseError, startLocalDatabase } from "../database/localDatabase.ts";
import { createPostgresEngine } from "../database/postgresEngine.ts";
import { openDataFolder } from "../start/dataFolder.ts";
import { databaseAddressName } from "../start/service.ts";

export type AuditSource = { engine: Pick<Engine, "batch">; close(): Promise<unknown> };

/** The database of a URL, or the local one: through the service that runs on its folder, or opened here where none does. */
export async function connectToAuditLog(url: string, dataFolder: string): Promise<AuditSource> {
  if (url !== "") {
    const engine = createPostgresEngine(url);
    return { engine, close: () => engine.close() };
  }
  const folder = resolve(dataFolder);
  const address = join(folder, databaseAddressName);
  if (existsSync(address))
    return { engine: createHttpEngine(JSON.parse(readFileSync(address, "utf8"))), close: async () => {} };
  if (!existsSync(join(folder, "database")))
    throw new LocalDatabaseError(
      "unreachable",
      `There is no local database in ${dataFolder}; run npm start first, or give --url.`,
    );
  const lock = openDataFolder(dataFolder, { fresh: false });
  const database = await startLocalDatabase({ dataDir: join(folder, "database") }).catch((error) => {
    lock.release();
    throw error;
  });
  return { engine: createHttpEngine(database), close: () => database.close().finally(lock.release) };
}

/** What reads the log, over the protocol that the Worker itself speaks. */
export function createHttpEngine(address: { connectionString: string; fetchEndpoint: string }): Pick<Engine, "batch"> {
  neonConfig.fetchEndpoint = address.fetchEndpoint;
  const client = neon(address.connectionString, { arrayMode: true, fullResults: true });
  return {
    async batch(statements) {
      const results = await client.transaction(
        statements.map(({ text, parameters }) => client.query(text, [...parameters])),
        { isolationLevel: "RepeatableRead", readOnly: true, arrayMode: true, fullResults: true },
      );
      return results as never;
    },
  };
}
