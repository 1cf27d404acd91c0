import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { uuidOf } from "../../domain/ids.ts";
import { auditActor, auditAddress } from "../postgres/change.ts";
import { auditEntries } from "../postgres/schema/changes.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { flows, matches } from "../postgres/schema/flows.ts";
import { facilitates, sharesProgramme } from "./programmeScope.ts";

/** The caller's organization as a condition on a column; the operator belongs to none and passes. */
export function ownedBy(actor: Actor, column: SQL): SQL {
  return actor.kind === "operator" ? sql`true` : sql`${column} = ${uuidOf(actor.organizationId)}::uuid`;
}

/**
 * Which rows of `flows f` the caller may see, be it coarsely: those it sees in full, and what members of a programme show each
 * other.
 */
export function flowVisibleTo(actor: Actor): SQL {
  return sql`(f.deleted_at IS NULL AND (${flowOpenTo(actor)}
    OR (f.visibility = 'network' AND f.status <> 'draft' AND ${sharesProgramme(actor, sql`f.organization_id`)})))`;
}

/**
 * Of which rows of `flows f` the caller may know the owner, the place and the words: its own, public ones, those that a match
 * or an exchange has opened to it, and as a facilitator those of organizations that let it.
 */
export function flowOpenTo(actor: Actor): SQL {
  return sql`(${ownedBy(actor, sql`f.organization_id`)} OR (f.visibility = 'public' AND f.status <> 'draft') OR ${openedByMatch(actor)} OR ${openedByExchange(actor)}
    OR (f.visibility <> 'private' AND f.status <> 'draft' AND ${facilitates(actor, sql`f.organization_id`)}))`;
}

/** A match opens its two flows to the organizations on both sides while both show interest in it. */
export function openedByMatch(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`true`;
  const me = sql`${uuidOf(actor.organizationId)}::uuid`;
  // Not correlated, so that a list finds the opened flows once and not for every row.
  return sql`f.id IN (
    SELECT m.output_flow_id FROM ${matches} m WHERE m.input_organization_id = ${me} AND ${isOpenMatch}
    UNION ALL SELECT m.input_flow_id FROM ${matches} m WHERE m.output_organization_id = ${me} AND ${isOpenMatch})`;
}

/** Which rows of `matches m` the caller may see: those of its own flows, each side seeing of the other what it may; the operator all. */
export function matchVisibleTo(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`true`;
  return sql`${uuidOf(actor.organizationId)}::uuid IN (m.output_organization_id, m.input_organization_id)`;
}

/** An exchange that both sides stand by shows its two flows to them, until it fails. */
function openedByExchange(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`true`;
  const me = sql`${uuidOf(actor.organizationId)}::uuid`;
  const stands = sql`e.is_confirmed AND e.state <> 'failed'`;
  return sql`f.id IN (
    SELECT e.output_flow_id FROM ${exchanges} e WHERE e.input_organization_id = ${me} AND ${stands}
    UNION ALL SELECT e.input_flow_id FROM ${exchanges} e WHERE e.output_organization_id = ${me} AND ${stands})`;
}

/** Whether the two sides of `matches m` know each other; the words are those of partial indexes. */
export const isOpenMatch = sql`m.output_interested AND m.input_interested AND m.state IN ('interested_both', 'negotiating', 'agreed')`;

/** Whether a match has opened `flows f` to anybody, who then sees more of it than all others do. */
export const openedToSomebody = sql`coalesce((SELECT true FROM ${matches} m WHERE (m.output_flow_id = f.id OR m.input_flow_id = f.id) AND ${isOpenMatch} LIMIT 1), false)`;

/** Which rows of `organizations o` or `sites s` the caller may see through a flow that is open to it: `flowColumn` is the flow's, `id` theirs. */
export function visibleThroughFlows(actor: Actor, own: SQL, flowColumn: SQL, id: SQL): SQL {
  // A scalar subquery, for an EXISTS may be planned as a scan of all flows.
  return sql`(${ownedBy(actor, own)} OR (SELECT true FROM ${flows} f
    WHERE ${flowColumn} = ${id} AND f.deleted_at IS NULL AND ${flowOpenTo(actor)} LIMIT 1))`;
}

/**
 * A read that the operator cannot make unseen: what it saw of each organization enters that organization's audit log in the
 * same statement. `select` must give `organization_id uuid` and `id uuid` beside what is read.
 */
export function readAs(
  stamp: Pick<ChangeStamp, "actor" | "at" | "requestId" | "addressHash">,
  action: string,
  select: SQL,
): SQL {
  if (stamp.actor.kind !== "operator" || stamp.actor.isUnattended) return select;
  return sql`WITH answer AS MATERIALIZED (${select}), accessed AS (${noteAccess(stamp, action, sql`answer`)}) SELECT * FROM answer`;
}

/** Writes into the audit log of each organization what was seen of it; `seen` has `organization_id uuid` and `id uuid`. */
export function noteAccess(
  stamp: Pick<ChangeStamp, "actor" | "at" | "requestId" | "addressHash">,
  action: string,
  seen: SQL,
): SQL {
  const at = stamp.at.toISOString();
  return sql`INSERT INTO ${auditEntries} (id, organization_id, actor, member_id, credential, action, subject_id, patch, request_id, address_hash, occurred_at)
    SELECT uuid_v7(${at}::timestamptz), organization_id, ${auditActor(stamp)}, ${action},
      CASE WHEN count(*) = 1 THEN (array_agg(id))[1] END, '[]'::jsonb, ${stamp.requestId}, ${auditAddress(stamp)}, ${at}::timestamptz
    FROM ${seen} GROUP BY organization_id`;
}

/** When a change is made, as SQL. */
export function timeOf(stamp: Pick<ChangeStamp, "at">): SQL {
  return sql`${stamp.at.toISOString()}::timestamptz`;
}

/** RFC 3339 in UTC with milliseconds, from what jsonb makes of a timestamptz. */
export function utc(timestamp: string): string {
  return new Date(timestamp).toISOString();
}
