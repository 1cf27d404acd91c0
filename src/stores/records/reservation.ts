import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { recordableStatuses, reservationTolerance } from "../../domain/exchangeRecording.ts";
import { type FlowId, uuidOf } from "../../domain/ids.ts";
import { outbox } from "../postgres/schema/changes.ts";
import { flows } from "../postgres/schema/flows.ts";
import { timeOf } from "./scope.ts";
import { withdrawMatchesOf } from "./withdrawal.ts";

/** What an exchange asks of one of its flows: an amount in the unit that the flow had when that was worked out. */
export type Hold = { flowId: FlowId; amount: number; unit: string };
export type Holds = { output: Hold; input: Hold };

const tolerance = sql`${reservationTolerance}::double precision`;

/**
 * The common table expression `locked`: flows as they are once nobody else is changing them. Whoever changes what is reserved
 * locks first, always in the same order, so that of two at once the second sees what the first left.
 */
export function lockFlows(ids: SQL): SQL {
  return sql`locked AS MATERIALIZED (SELECT f.id, f.organization_id, f.status, f.deleted_at, f.quantity_unit, f.quantity_basis, f.quantity_amount, f.reserved_amount
    FROM ${flows} f WHERE f.id IN (${ids}) ORDER BY f.id FOR NO KEY UPDATE)`;
}

/** A condition that makes what follows it wait for the locks. */
export const whenLocked = sql`(SELECT count(*) FROM locked) > 0`;

/**
 * Whether an exchange of both flows can be, as `locked` has them: there they are, in the units that were reckoned with, and with
 * as much left as it takes. `held` is what the exchange holds of `locked l` already.
 */
export function flowsAllow({ output, input }: Holds, takes: boolean, held: SQL): SQL {
  const hold = ({ flowId, amount, unit }: Hold) =>
    sql`(${uuidOf(flowId)}::uuid, ${amount}::double precision, ${unit}::text)`;
  const remains = takes
    ? sql`l.reserved_amount - ${held} + w.amount <= l.quantity_amount * (1 + ${tolerance})`
    : sql`true`;
  return sql`(SELECT count(*) = 2 AND bool_and(l.deleted_at IS NULL AND l.status IN ${recordableStatuses} AND l.quantity_unit = w.unit AND ${remains})
    FROM locked l JOIN (VALUES ${hold(output)}, ${hold(input)}) AS w (id, amount, unit) ON w.id = l.id)`;
}

/**
 * Takes from flows, or gives back to them, what the exchanges of `source` hold more or less than before: expressions to go
 * alongside the change. `source` gives `output_flow_id`, `output_delta`, `input_flow_id` and `input_delta`; `elsewhere` is the
 * condition on `flows f` for those that another part of the statement changes.
 */
export function settleReservations(stamp: ChangeStamp, source: SQL, elsewhere: SQL = sql`false`): SQL[] {
  const at = timeOf(stamp);
  const next = sql`(f.reserved_amount + d.delta)`;
  return [
    sql`taken AS (
      UPDATE ${flows} AS f SET reserved_amount = CASE WHEN ${next} <= f.quantity_amount * ${tolerance} THEN 0
          WHEN abs(f.quantity_amount - ${next}) <= f.quantity_amount * ${tolerance} THEN f.quantity_amount ELSE ${next} END,
        version = f.version + 1, updated_at = ${at}
      FROM (${deltasOf(source)}) AS d WHERE f.id = d.id AND d.delta <> 0 AND NOT ${elsewhere}
      RETURNING f.id, f.organization_id, f.version, f.status)`,
    sql`taken_events AS (
      INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
      SELECT uuid_v7(${at}), 'turash.flow.updated', id, ARRAY[organization_id], jsonb_build_object('version', version), ${at}, ${stamp.traceparent} FROM taken)`,
  ];
}

/** Ends the open matches of flows of which nothing is left now, but for the one that they were used up for. */
export function withdrawUsedUp(stamp: ChangeStamp, spared?: SQL): SQL[] {
  return withdrawMatchesOf(stamp, sql`SELECT id FROM taken WHERE status = 'fulfilled'`, "flow_used_up", spared);
}

/** By flow, what is held more or less of it. */
export function deltasOf(source: SQL): SQL {
  return sql`SELECT id, sum(delta) AS delta FROM (SELECT output_flow_id AS id, output_delta AS delta FROM ${source}
    UNION ALL SELECT input_flow_id, input_delta FROM ${source}) AS each_delta GROUP BY id`;
}
