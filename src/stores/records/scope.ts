import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { uuidOf } from "../../domain/ids.ts";
import { auditActor } from "../postgres/change.ts";
import { auditEntries } from "../postgres/schema/changes.ts";
import { flows } from "../postgres/schema/flows.ts";

/** The caller's organization as a condition on a column; the operator belongs to none and passes. */
export function ownedBy(actor: Actor, column: SQL): SQL {
  return actor.kind === "operator" ? sql`true` : sql`${column} = ${uuidOf(actor.organizationId)}::uuid`;
}

/** Which rows of `flows f` the caller may see: its own, and what others show to anyone signed in. */
export function flowVisibleTo(actor: Actor): SQL {
  return sql`(f.deleted_at IS NULL AND (${ownedBy(actor, sql`f.organization_id`)} OR (f.visibility = 'public' AND f.status <> 'draft')))`;
}

/** Which rows of `organizations o` or `sites s` the caller may see: its own, and those that a visible flow stands behind. */
export function visibleThroughFlows(actor: Actor, own: SQL, flowColumn: SQL, id: SQL): SQL {
  // A scalar subquery, for an EXISTS may be planned as a scan of all flows.
  return sql`(${ownedBy(actor, own)} OR (SELECT true FROM ${flows} f
    WHERE ${flowColumn} = ${id} AND f.deleted_at IS NULL AND f.visibility = 'public' AND f.status <> 'draft' LIMIT 1))`;
}

/**
 * A read that the operator cannot make unseen: what it saw of each organization enters that organization's audit log in the
 * same statement. `select` must give `organization_id uuid` and `id uuid` beside what is read.
 */
export function readAs(stamp: Pick<ChangeStamp, "actor" | "at" | "requestId">, action: string, select: SQL): SQL {
  if (stamp.actor.kind !== "operator") return select;
  const at = stamp.at.toISOString();
  return sql`WITH answer AS MATERIALIZED (${select}),
    accessed AS (
      INSERT INTO ${auditEntries} (id, organization_id, actor, member_id, credential, action, subject_id, patch, request_id, occurred_at)
      SELECT uuid_v7(${at}::timestamptz), organization_id, ${auditActor(stamp)}, ${action},
        CASE WHEN count(*) = 1 THEN (array_agg(id))[1] END, '[]'::jsonb, ${stamp.requestId}, ${at}::timestamptz
      FROM answer GROUP BY organization_id)
    SELECT * FROM answer`;
}

/** When a change is made, as SQL. */
export function timeOf(stamp: Pick<ChangeStamp, "at">): SQL {
  return sql`${stamp.at.toISOString()}::timestamptz`;
}

/** RFC 3339 in UTC with milliseconds, from what jsonb makes of a timestamptz. */
export function utc(timestamp: string): string {
  return new Date(timestamp).toISOString();
}
