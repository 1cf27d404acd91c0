import { env } from "cloudflare:workers";
import { neon, neonConfig } from "@neondatabase/serverless";
import type { Json } from "./client.ts";

neonConfig.fetchEndpoint = (env as { DATABASE_FETCH_ENDPOINT?: string }).DATABASE_FETCH_ENDPOINT!;
const client = neon(env.DATABASE_URL);

/** Runs one statement on the database behind the Worker, beside it. */
export async function query(statement: string, ...parameters: unknown[]): Promise<Json[]> {
  return client.query(statement, parameters);
}

const tables = [
  "organizations",
  "members",
  "invitations",
  "api_keys",
  "sites",
  "flows",
  "matches",
  "exchanges",
  "exchange_external_ids",
  "programmes",
  "programme_participants",
  "outbox",
  "dead_letters",
  "audit_entries",
  "idempotency_records",
] as const;

/** How many rows every table has that a request can write to. */
export async function countRows(): Promise<Record<(typeof tables)[number], number>> {
  const counts = tables.map((table) => `(SELECT count(*)::integer FROM ${table}) AS ${table}`);
  const [row] = await query(`SELECT ${counts.join(", ")}`);
  return row;
}
