import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../postgres/client.ts";
import { auditChains, auditSealing, auditSeals } from "../postgres/schema/audit.ts";
import { auditEntries } from "../postgres/schema/changes.ts";

/** The chain of what the operator does that is of no organization. */
const operatorChain = sql`'00000000-0000-0000-0000-000000000000'::uuid`;

/** Entries sealed in one statement. */
export const sealingBatch = 500;

export type AuditChainStore = ReturnType<typeof createAuditChainStore>;

export function createAuditChainStore(database: Database) {
  return {
    /**
     * Seals the next entries of all organizations, in the order in which they were committed; gives how many. Entries of
     * transactions that still run, or that began after one that does, wait. Of two sealers at once one finds nothing to do.
     */
    async seal(at: Date): Promise<number> {
      const [row] = await database.query<{ sealed: number }>(sealStatement(at));
      return row?.sealed ?? 0;
    },
  };
}

function sealStatement(at: Date): SQL {
  return sql`
    WITH RECURSIVE turn AS MATERIALIZED (SELECT t.xid, t.sequence FROM ${auditSealing} t FOR UPDATE SKIP LOCKED),
    fresh AS MATERIALIZED (
      SELECT n.*, row_number() OVER (PARTITION BY n.chain_id ORDER BY n.xid, n.sequence) AS place FROM (
        SELECT e.id, e.xid, e.sequence, coalesce(e.organization_id, ${operatorChain}) AS chain_id,
          ${fixedDigest} AS fixed_digest, ${originDigest} AS origin_digest, ${patchDigest} AS patch_digest
        FROM ${auditEntries} e CROSS JOIN turn
        WHERE (e.xid, e.sequence) > (turn.xid, turn.sequence) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.xid, e.sequence LIMIT ${sealingBatch}::integer) n),
    linked AS (
      SELECT f.chain_id, f.place, coalesce(c.number, 0) + 1 AS number, f.id, f.fixed_digest, f.origin_digest, f.patch_digest,
        ${link(sql`coalesce(c.link, sha256(uuid_send(f.chain_id)))`, sql`coalesce(c.number, 0) + 1`)} AS link
      FROM fresh f LEFT JOIN ${auditChains} c ON c.chain_id = f.chain_id WHERE f.place = 1
      UNION ALL
      SELECT f.chain_id, f.place, l.number + 1, f.id, f.fixed_digest, f.origin_digest, f.patch_digest, ${link(sql`l.link`, sql`l.number + 1`)}
      FROM linked l JOIN fresh f ON f.chain_id = l.chain_id AND f.place = l.place + 1),
    headed AS (
      INSERT INTO ${auditChains} AS c (chain_id, number, link, pruned_link)
      SELECT DISTINCT ON (chain_id) chain_id, number, link, sha256(uuid_send(chain_id)) FROM linked ORDER BY chain_id, number DESC
      ON CONFLICT (chain_id) DO UPDATE SET number = excluded.number, link = excluded.link),
    sealed AS (
      INSERT INTO ${auditSeals} (chain_id, number, entry_id, fixed_digest, origin_digest, patch_digest, link, sealed_at)
      SELECT chain_id, number, id, fixed_digest, origin_digest, patch_digest, link, ${at.toISOString()}::timestamptz FROM linked RETURNING 1),
    turned AS (
      UPDATE ${auditSealing} t SET xid = last.xid, sequence = last.sequence FROM (SELECT xid, sequence FROM fresh ORDER BY xid DESC, sequence DESC LIMIT 1) last)
    SELECT count(*)::integer AS sealed FROM sealed`;
}

/** Fields one after the other, each as its length in bytes, a colon and its text; a missing one is a hyphen. */
function netstrings(...fields: SQL[]): SQL {
  const parts = fields.map((field) => sql`coalesce(octet_length(${field}) || ':' || ${field}, '-')`);
  return sql`convert_to(${sql.join(parts, sql` || `)}, 'UTF8')`;
}

/** What is never erased of `audit_entries e`. */
const fixedDigest = sql`sha256(${netstrings(
  sql`e.id::text`,
  sql`e.organization_id::text`,
  sql`e.actor`,
  sql`e.member_id::text`,
  sql`e.credential`,
  sql`e.action`,
  sql`e.subject_id::text`,
  sql`e.request_id`,
  sql`to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
)})`;

/** Of a part that was erased before it was sealed, that of nothing. */
const originDigest = sql`sha256(coalesce(e.origin_salt || coalesce(e.address_hash, ''::bytea), ''::bytea))`;
const patchDigest = sql`sha256(coalesce(e.patch_salt || convert_to(e.patch::text, 'UTF8'), ''::bytea))`;

/** SHA-256 over the link before, the number (8 bytes), the entry's id (16 bytes) and its three digests. */
function link(before: SQL, number: SQL): SQL {
  return sql`sha256(${before} || int8send(${number}) || uuid_send(f.id) || f.fixed_digest || f.origin_digest || f.patch_digest)`;
}
