import { parseArgs } from "node:util";
import { openDataFolder } from "../start/dataFolder.ts";
import type { EngineName } from "./engine.ts";
import { startLocalDatabase } from "./localDatabase.ts";

/**
 * Runs a local database until SIGINT or SIGTERM. Standard output gets its addresses, with `--json` as one line of JSON;
 * standard error gets everything else.
 */
export async function serveDatabase(engine: EngineName, command: string): Promise<void> {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "0" },
        data: { type: "string", default: ".turash" },
        fresh: { type: "boolean", default: false },
        "delay-ms": { type: "string", default: "0" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(`Usage: npm run ${command} -- [--port N] [--data DIR] [--fresh] [--delay-ms N] [--json]`);
      return;
    }
    await serve(engine, {
      port: readNumber("--port", values.port, 65_535),
      delayMs: readNumber("--delay-ms", values["delay-ms"], 60_000),
      data: values.data,
      fresh: values.fresh,
      json: values.json,
    });
  } catch (error) {
    console.error(`turash: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}

type ServeOptions = { port: number; delayMs: number; data: string; fresh: boolean; json: boolean };

async function serve(engine: EngineName, { port, delayMs, data, fresh, json }: ServeOptions): Promise<void> {
  const stopped = new Promise<void>((resolve) => process.on("SIGINT", resolve).on("SIGTERM", resolve));
  const folder = openDataFolder(data, { fresh });
  try {
    const database = await startLocalDatabase({ dataDir: folder.path, engine, port, delayMs, report: console.error });
    const { fetchEndpoint, connectionString, postgresUrl } = database;
    if (json)
      console.log(JSON.stringify({ engine, fetchEndpoint, connectionString, postgresUrl: postgresUrl ?? null }));
    else {
      console.log(`DATABASE_FETCH_ENDPOINT=${fetchEndpoint}`);
      console.log(`DATABASE_URL=${connectionString}`);
      if (postgresUrl) console.log(`psql ${postgresUrl}`);
      console.error("Ctrl-C stops it.");
    }
    await stopped;
    await database.close();
  } finally {
    folder.release();
  }
}

function readNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) throw new Error(`${option} takes a number from 0 to ${most}, not "${text}"`);
  return value;
}
