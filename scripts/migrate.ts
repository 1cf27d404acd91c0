import { parseArgs } from "node:util";
import { LocalDatabaseError, startLocalDatabase } from "./database/localDatabase.ts";
import { applyMigrations, readMigrations } from "./database/migrations.ts";
import { createPostgresEngine } from "./database/postgresEngine.ts";
import { openDataFolder } from "./start/dataFolder.ts";
import { StartProblem } from "./start/problem.ts";

const usage =
  "Usage: npm run db:migrate -- [--url postgres://...] [--data DIR] [--engine pglite|postgres]   (--url, or DATABASE_URL: that database, by its direct address; else the local one)";

/** Applies the migrations of `drizzle/` to the database of a URL, or to the local one. */
async function migrate(): Promise<string[]> {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: process.env.DATABASE_URL ?? "" },
      data: { type: "string", default: ".turash" },
      engine: { type: "string", default: "pglite" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return [usage];
  return values.url ? migrateUrl(values.url) : migrateLocal(values.data, values.engine);
}

async function migrateUrl(url: string): Promise<string[]> {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))
    throw new LocalDatabaseError(
      "unreachable",
      `The database's URL must begin with postgres:// or postgresql://. ${usage}`,
    );
  const engine = createPostgresEngine(url);
  try {
    return tell(await applyMigrations(engine, await readMigrations()), new URL(url).host);
  } finally {
    await engine.close();
  }
}

async function migrateLocal(data: string, engine: string): Promise<string[]> {
  if (engine !== "pglite" && engine !== "postgres")
    throw new StartProblem(`--engine takes pglite or postgres, not "${engine}"`);
  const folder = openDataFolder(data, { fresh: false });
  try {
    const lines: string[] = [];
    const database = await startLocalDatabase({ dataDir: folder.path, engine, report: (line) => lines.push(line) });
    await database.close();
    return [...lines, `The local database in ${folder.path} has all migrations.`];
  } finally {
    folder.release();
  }
}

function tell(applied: string[], where: string): string[] {
  return applied.length > 0
    ? applied.map((name) => `Applied ${name} to ${where}`)
    : [`${where} has all migrations already.`];
}

try {
  for (const line of await migrate()) console.log(line);
} catch (error) {
  console.error(`turash: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
