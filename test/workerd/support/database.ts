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
  "webhooks",
  "webhook_deliveries",
  "audit_entries",
  "idempotency_records",
] as const;

/** What consumers of events write, whenever they come to it: matches that were suggested without anybody asking, what was told of that, and deliveries of webhooks. */
const isConsumers: Partial<Record<(typeof tables)[number], string>> = {
  matches: "least_score > 0",
  outbox: "xid IN (SELECT xid FROM audit_entries WHERE credential LIKE 'consumer:%')",
  audit_entries: "credential LIKE 'consumer:%'",
  webhook_deliveries: "true",
};

/** How many rows every table has that a request can write to, without what consumers wrote. */
export async function countRows(): Promise<Record<(typeof tables)[number], number>> {
  const counts = tables.map((table) => {
    const written = isConsumers[table] ?? "false";
    return `(SELECT count(*)::integer FROM ${table} WHERE NOT (${written})) AS ${table}`;
  });
  const [row] = await query(`SELECT ${counts.join(", ")}`);
  return row;
}
