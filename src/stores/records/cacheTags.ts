import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../postgres/client.ts";
import { cacheTags } from "../postgres/schema/cache.ts";

/** The version of a tag, as text, for the statement that reads what the tag stands for: both are then of one moment. */
export function tagVersion(tag: SQL | string): SQL {
  return sql`coalesce((SELECT version FROM ${cacheTags} WHERE tag = ${tag}), 0)::text`;
}

export async function readTagVersion(database: Database, tag: string): Promise<string> {
  const [row] = await database.query<{ version: string }>(sql`SELECT ${tagVersion(tag)} AS version`);
  return row!.version;
}
