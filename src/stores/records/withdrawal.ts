import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { matchTransitions, rescoredStates } from "../../domain/match.ts";
import { outbox } from "../postgres/schema/changes.ts";
import { matches } from "../postgres/schema/flows.ts";
import { timeOf } from "./scope.ts";

/** Why a match is withdrawn. One whose flow was used up can be taken up again when something of the flow is left. */
export type WithdrawalReason = "flow_withdrawn" | "flow_used_up";

/** Whether `matches m` was withdrawn because nothing remained of a flow; when something does, the flow is active again. */
export const wasUsedUp = sql`(m.state = 'withdrawn' AND m.history -> -1 ->> 'reason' = ${"flow_used_up" satisfies WithdrawalReason})`;

/** Whether `matches m` is scored anew when what it was scored from has changed: somebody may still act on it. */
export const isRescored = sql`(m.state IN ${rescoredStates} OR ${wasUsedUp})`;

/**
 * Ends the open matches of flows that are no longer to be had, each with an event to both sides: expressions to go alongside
 * the change. `flowIds` is a subquery over an expression that changed the flows, `spared` a match that stays.
 */
export function withdrawMatchesOf(
  stamp: ChangeStamp,
  flowIds: SQL,
  reason: WithdrawalReason = "flow_withdrawn",
  spared: SQL = sql`NULL::uuid`,
): SQL[] {
  const { from, to } = matchTransitions.withdraw;
  const at = timeOf(stamp);
  // Locked in the order of ids, as whoever writes several matches does, so that two wait for each other and never both.
  const ended = sql`SELECT m.id FROM ${matches} m WHERE (m.output_flow_id IN (${flowIds}) OR m.input_flow_id IN (${flowIds})) AND m.state IN ${from}
    AND m.id IS DISTINCT FROM ${spared} ORDER BY m.id FOR UPDATE`;
  return [
    sql`withdrawn_matches AS (
      UPDATE ${matches} SET state = ${to}, version = version + 1, updated_at = ${at},
        history = history || jsonb_build_array(jsonb_build_object('state', ${to}::text, 'round', round, 'at', ${stamp.at.toISOString()}::text,
          'by', CASE WHEN output_flow_id IN (${flowIds}) THEN 'output' ELSE 'input' END, 'reason', ${reason}::text))
      WHERE id = ANY(ARRAY(${ended})) AND state IN ${from}
      RETURNING id, output_organization_id, input_organization_id, version, round)`,
    sql`withdrawn_match_events AS (
      INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
      SELECT uuid_v7(${at}), 'turash.match.withdrawn', id, ARRAY[output_organization_id, input_organization_id],
        jsonb_build_object('version', version, 'round', round), ${at}, ${stamp.traceparent} FROM withdrawn_matches)`,
  ];
}
