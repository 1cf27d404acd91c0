import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { standingStates } from "../../domain/exchange.ts";
import { outbox } from "../postgres/schema/changes.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { actingSide, exchangeEventData, historyEntry, tellOtherSide } from "./exchangeRow.ts";
import { timeOf } from "./scope.ts";

/**
 * Lets exchanges fail with what they stand on, each with an event to both sides: expressions to go alongside the change.
 * `which` is a condition on `exchanges e`, `side` whose audit log tells of it by the change itself. What they held is told by
 * `failed_exchanges`, for `settleReservations`.
 */
export function failExchanges(
  stamp: ChangeStamp,
  which: SQL,
  side: SQL,
  reason: "organization_closed" | "flow_withdrawn",
): SQL[] {
  const at = timeOf(stamp);
  return [
    sql`failing AS MATERIALIZED (SELECT e.id, e.output_reserved, e.input_reserved FROM ${exchanges} e WHERE ${which} AND e.state IN ${standingStates} FOR UPDATE)`,
    sql`failed_exchanges AS (
      UPDATE ${exchanges} AS e SET state = 'failed', output_reserved = 0, input_reserved = 0, version = e.version + 1, updated_at = ${at},
        history = e.history || ${historyEntry(stamp, sql`'failed'::text`, actingSide(stamp), reason)}
      FROM failing old WHERE e.id = old.id AND e.state IN ${standingStates}
      RETURNING e.id, ${side} AS organization_id, CASE WHEN e.output_organization_id = e.input_organization_id THEN ARRAY[e.output_organization_id]
          ELSE ARRAY[e.output_organization_id, e.input_organization_id] END AS audience, e.version, e.state, e.is_confirmed,
        e.output_flow_id, - old.output_reserved AS output_delta, e.input_flow_id, - old.input_reserved AS input_delta)`,
    sql`failed_exchange_events AS (
      INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
      SELECT uuid_v7(${at}), 'turash.exchange.failed', id, audience, jsonb_build_object('version', version) || ${exchangeEventData}, ${at}, ${stamp.traceparent}
      FROM failed_exchanges)`,
    tellOtherSide(stamp, "exchange.fail", sql`failed_exchanges`),
  ];
}

/** What only one side speaks of holds nothing, and ends with either of its flows. */
export function failProposalsOf(stamp: ChangeStamp): SQL[] {
  return failExchanges(
    stamp,
    sql`NOT e.is_confirmed AND EXISTS (SELECT FROM changed c WHERE c.id IN (e.output_flow_id, e.input_flow_id))`,
    sql`(SELECT organization_id FROM changed)`,
    "flow_withdrawn",
  );
}
