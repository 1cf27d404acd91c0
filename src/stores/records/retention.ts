import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { endedStates } from "../../domain/exchange.ts";
import { idFromUuid, type MemberId, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import { findCutoff, type RetainedKind } from "../../domain/retention.ts";
import type { Database } from "../postgres/client.ts";
import { auditChains, auditSeals } from "../postgres/schema/audit.ts";
import { auditEntries, deadLetters, idempotencyRecords, outbox } from "../postgres/schema/changes.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { flows, matches } from "../postgres/schema/flows.ts";
import { invitations } from "../postgres/schema/invitations.ts";
import { apiKeys, members, organizations, sites } from "../postgres/schema/tenants.ts";
import { webhookDeliveries, webhooks } from "../postgres/schema/webhooks.ts";

/** Records deleted in one statement. */
export const retentionBatch = 1_000;

/** Persons erased in one turn, each by a statement of its own. */
export const memberBatch = 20;

/** Chains of which one statement takes the beginning. */
const chainBatch = 20;

/** What is deleted whole; members are erased by the operation for it, audit entries with their seals. */
export const deletedKinds = [
  "deadLetters",
  "idempotencyRecords",
  "outboxEvents",
  "webhookDeliveries",
  "webhooks",
  "invitations",
  "apiKeys",
  "exchanges",
  "matches",
  "flows",
  "sites",
] as const satisfies readonly RetainedKind[];
export type DeletedKind = (typeof deletedKinds)[number];

export type RetentionStore = ReturnType<typeof createRetentionStore>;

export function createRetentionStore(database: Database) {
  return {
    /** Deletes the next records of a kind that are over their time; gives how many. */
    async deleteOld(kind: DeletedKind, at: Date): Promise<number> {
      const { table, isOver } = overdue[kind];
      const before = sql`${findCutoff(kind, at).toISOString()}::timestamptz`;
      const [row] = await database.query<{ deleted: number }>(sql`
        WITH gone AS (DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
          SELECT r.ctid FROM ${table} r WHERE ${isOver(before)} LIMIT ${retentionBatch}::integer)) RETURNING 1)
        SELECT count(*)::integer AS deleted FROM gone`);
      return row?.deleted ?? 0;
    },

    /**
     * Deletes the next audit entries over their time with their seals, from the beginning of chains, each of which remembers
     * where it was cut; gives how many, and 0 only where none is left.
     */
    async pruneAudit(at: Date): Promise<number> {
      const before = sql`${findCutoff("auditEntries", at).toISOString()}::timestamptz`;
      // Of an entry that somebody has removed the time of its seal counts.
      const isOld = sql`coalesce(e.occurred_at, s.sealed_at) < ${before}`;
      const sealsWithEntries = sql`${auditSeals} s LEFT JOIN ${auditEntries} e ON e.id = s.entry_id`;
      const [, rows] = await database.batch<[unknown[], { deleted: number }[]]>([
        sql`SELECT set_config('turash.retention', 'on', true)`,
        sql`WITH due AS MATERIALIZED (
            SELECT c.chain_id, c.pruned_number, c.number FROM ${auditChains} c
            WHERE (SELECT ${isOld} FROM ${sealsWithEntries} WHERE s.chain_id = c.chain_id AND s.number > c.pruned_number AND s.number <= c.number ORDER BY s.number LIMIT 1)
            LIMIT ${chainBatch}::integer),
          old AS MATERIALIZED (
            SELECT first.* FROM due CROSS JOIN LATERAL (
              SELECT s.chain_id, s.number, s.entry_id, s.link, bool_and(${isOld}) OVER (ORDER BY s.number) AS are_old
              FROM ${sealsWithEntries} WHERE s.chain_id = due.chain_id AND s.number > due.pruned_number AND s.number <= due.number ORDER BY s.number LIMIT ${retentionBatch}::integer) AS first
            WHERE are_old ORDER BY chain_id, number LIMIT ${retentionBatch}::integer),
          cut AS (
            UPDATE ${auditChains} c SET pruned_number = last.number, pruned_link = last.link
            FROM (SELECT DISTINCT ON (chain_id) chain_id, number, link FROM old ORDER BY chain_id, number DESC) last WHERE c.chain_id = last.chain_id),
          unsealed AS (DELETE FROM ${auditSeals} s USING old WHERE s.chain_id = old.chain_id AND s.number = old.number),
          gone AS (DELETE FROM ${auditEntries} e USING old WHERE e.id = old.entry_id)
          SELECT count(*)::integer AS deleted FROM old`,
      ]);
      return rows[0]?.deleted ?? 0;
    },

    /** Members of organizations that were closed long enough ago, whose personal data is still there; the next after one. */
    async findOverdueMembers(
      at: Date,
      after: MemberId | null,
      limit: number,
    ): Promise<{ organizationId: OrganizationId; memberId: MemberId }[]> {
      const rows = await database.query<{ id: string; organization_id: string }>(sql`
        SELECT m.id, m.organization_id FROM ${members} m JOIN ${organizations} o ON o.id = m.organization_id
        WHERE m.erased_at IS NULL AND o.deleted_at < ${findCutoff("members", at).toISOString()}::timestamptz
          AND ${after === null ? sql`true` : sql`m.id > ${uuidOf(after)}::uuid`}
        ORDER BY m.id LIMIT ${limit}::integer`);
      return rows.map((row) => ({
        organizationId: idFromUuid("organization", row.organization_id),
        memberId: idFromUuid("member", row.id),
      }));
    },
  };
}

/** When a row `r` of each kind is over its time. */
const overdue: Record<DeletedKind, { table: PgTable; isOver: (before: SQL) => SQL }> = {
  idempotencyRecords: {
    table: idempotencyRecords,
    // The other condition is for the index: a record expires a day after it was created.
    isOver: (before) => sql`r.created_at < ${before} AND r.expires_at < ${before} + interval '1 day'`,
  },
  outboxEvents: {
    table: outbox,
    // The second condition is for the index: an event's id begins with its time.
    isOver: (before) => sql`r.occurred_at < ${before} AND r.id < (SELECT uuid_v7(${before})) AND r.awaiting = '{}'`,
  },
  deadLetters: { table: deadLetters, isOver: (before) => sql`r.died_at < ${before}` },
  webhookDeliveries: { table: webhookDeliveries, isOver: (before) => sql`r.created_at < ${before}` },
  webhooks: {
    table: webhooks,
    isOver: (before) =>
      sql`r.deleted_at < ${before} AND NOT EXISTS (SELECT FROM ${webhookDeliveries} d WHERE d.webhook_id = r.id)`,
  },
  invitations: {
    table: invitations,
    isOver: (before) => sql`r.accepted_at IS NULL AND least(r.withdrawn_at, r.expires_at) < ${before}`,
  },
  apiKeys: {
    table: apiKeys,
    isOver: (before) =>
      sql`least(r.revoked_at, r.expires_at) < ${before} AND NOT EXISTS (SELECT FROM ${apiKeys} old WHERE old.rotated_to = r.id)`,
  },
  exchanges: {
    table: exchanges,
    isOver: (before) => sql`r.state IN ${endedStates} AND r.updated_at < ${before}`,
  },
  matches: {
    table: matches,
    isOver: (before) =>
      sql`r.state IN ('declined', 'expired', 'withdrawn', 'superseded') AND r.updated_at < ${before} AND NOT EXISTS (SELECT FROM ${exchanges} e WHERE e.match_id = r.id)`,
  },
  flows: {
    table: flows,
    isOver: (before) =>
      sql`r.deleted_at < ${before} AND NOT EXISTS (SELECT FROM ${matches} m WHERE r.id IN (m.output_flow_id, m.input_flow_id))
        AND NOT EXISTS (SELECT FROM ${exchanges} e WHERE r.id IN (e.output_flow_id, e.input_flow_id))`,
  },
  sites: {
    table: sites,
    isOver: (before) => sql`r.deleted_at < ${before} AND NOT EXISTS (SELECT FROM ${flows} f WHERE f.site_id = r.id)`,
  },
};
