import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { ChangeStamp } from "../../domain/change.ts";
import {
  type ExchangeRecord,
  type ExchangeState,
  type ExchangeTerms,
  exchangeTransitions,
  standingStates,
} from "../../domain/exchange.ts";
import type { Visibility } from "../../domain/flow.ts";
import { type ExchangeId, uuidOf } from "../../domain/ids.ts";
import type { MatchSide } from "../../domain/match.ts";
import { applyChange, type Change, type ChangeOutcome } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { organizations } from "../postgres/schema/tenants.ts";
import { assignments, type Columns } from "../postgres/upsert.ts";
import {
  actingSide,
  changedExchange,
  type ExchangeDocument,
  exchangeEventData,
  exchangeVisibleTo,
  historyEntry,
  isParty,
  nameExchange,
  parseExchange,
  tellOtherSide,
  termColumns,
} from "./exchangeRow.ts";
import { flowsAllow, type Holds, lockFlows, settleReservations, whenLocked, withdrawUsedUp } from "./reservation.ts";
import { ownedBy, timeOf } from "./scope.ts";
import { settle, type Written } from "./written.ts";

/** How an exchange stood before, by which a refused move is told. */
export type CurrentExchange = {
  version: number;
  state: ExchangeState;
  isConfirmed: boolean;
  recordedBy: ExchangeRecord["recordedBy"];
  isParty: boolean;
};

/** An exchange as it was read: what changes it does so only as long as that is how it is. */
type AsRead = Pick<ExchangeRecord, "id" | "version">;

/** Exchanges whose last day is over and that are completed in one statement. */
export const completionBatch = 100;

type ExchangeChange = Pick<Change, "action" | "eventType" | "patch"> & {
  set: Columns;
  /** Over `exchanges e` and what it held before, `old`. */
  where: SQL;
  state?: ExchangeState;
  reason?: string | null;
  externalId?: string;
};

export type ExchangeChangeStore = ReturnType<typeof createExchangeChangeStore>;

export function createExchangeChangeStore(database: Database) {
  /**
   * Changes exchanges and what is reserved of their flows in one statement. Flows are locked first, then the exchanges, so that
   * what they held is what they hold and nobody gets in between.
   */
  function change(stamp: ChangeStamp, ids: SQL, change: ExchangeChange): Promise<ChangeOutcome<ExchangeDocument>> {
    const { action, eventType, patch, set, where, state, reason = null, externalId } = change;
    const next = state ? sql`${state}::text` : sql`e.state`;
    return applyChange<ExchangeDocument>(database, {
      stamp,
      action,
      eventType,
      write: sql`WITH ${lockFlows(sql`SELECT unnest(ARRAY[e.output_flow_id, e.input_flow_id]) FROM ${exchanges} e WHERE e.id IN (${ids})`)},
          old AS MATERIALIZED (SELECT e.id, e.output_flow_id, e.output_reserved, e.input_reserved FROM ${exchanges} e WHERE e.id IN (${ids}) AND ${whenLocked} FOR UPDATE)
        UPDATE ${exchanges} AS e SET ${assignments({ ...set, state: next })}, version = e.version + 1, updated_at = ${timeOf(stamp)},
          history = e.history || ${historyEntry(stamp, next, actingSide(stamp), reason)}
        FROM old WHERE e.id = old.id AND ${where}
        RETURNING ${changedExchange(stamp.actor, {
          ...(externalId !== undefined && { externalId }),
          outputDelta: sql`e.output_reserved - old.output_reserved`,
          inputDelta: sql`e.input_reserved - old.input_reserved`,
        })}`,
      alongside: [
        ...settleReservations(stamp, sql`changed`),
        ...withdrawUsedUp(stamp),
        tellOtherSide(stamp, action as string),
        ...(externalId === undefined ? [] : [nameExchange(stamp.actor, externalId)]),
        ...(state === "completed" ? [countCompleted()] : []),
      ],
      patch,
      eventData: exchangeEventData,
      current: sql`SELECT jsonb_build_object('version', e.version, 'state', e.state, 'isConfirmed', e.is_confirmed, 'recordedBy', e.recorded_by, 'isParty', ${isParty(stamp.actor)})
        FROM ${exchanges} e WHERE e.id IN (${ids}) AND ${exchangeVisibleTo(stamp.actor)} LIMIT 1`,
    });
  }

  const changeOne = async (stamp: ChangeStamp, { id, version }: AsRead, parts: ExchangeChange) => {
    const where = sql`e.version = ${version}::integer AND ${isParty(stamp.actor)} AND ${parts.where}`;
    const outcome = await change({ ...stamp, idempotency: null }, sql`${uuidOf(id)}::uuid`, { ...parts, where });
    return outcome.documents[0] ? parseExchange(outcome.documents[0]) : null;
  };

  return {
    /** Lets a side stand by what the other recorded, which takes the quantity from both flows. Null where that cannot be now. */
    confirm(
      stamp: ChangeStamp,
      exchange: AsRead & ExchangeTerms,
      side: MatchSide,
      { externalId, visibility, holds }: { externalId: string; visibility: Visibility; holds: Holds },
    ): Promise<ExchangeRecord | null> {
      return changeOne(stamp, exchange, {
        action: "exchange.confirm",
        eventType: "turash.exchange.confirmed",
        set: {
          [`${side}_confirmed_at`]: timeOf(stamp),
          [`${side}_visibility`]: sql`${visibility}::text`,
          ...held(exchange.reserves ? holds : null),
        },
        where: sql`e.state IN ${standingStates} AND ${sql.raw(`e.${side}_confirmed_at`)} IS NULL AND ${flowsAllow(holds, exchange.reserves, heldBefore)}`,
        externalId,
        patch: [{ op: "add", path: `/confirmedBy/${side}`, value: true }],
      });
    },

    /** Gives other terms to an exchange that goes on, and takes or gives back what they make of its quantity. Null as above. */
    replace(
      stamp: ChangeStamp,
      exchange: Pick<ExchangeRecord, "id" | "version" | "confirmedBy">,
      terms: ExchangeTerms,
      { visibility, holds, patch }: { visibility: Visibility; holds: Holds; patch: readonly Operation[] },
    ): Promise<ExchangeRecord | null> {
      const takes = terms.reserves && exchange.confirmedBy.output && exchange.confirmedBy.input;
      return changeOne(stamp, exchange, {
        action: "exchange.replace",
        eventType: "turash.exchange.updated",
        set: { ...termColumns(terms), ...held(takes ? holds : null), ...shown(stamp, visibility) },
        where: sql`e.state IN ${standingStates} AND ${flowsAllow(holds, takes, heldBefore)}`,
        patch,
      });
    },

    /** Gives the caller's side its own key for what the operator recorded. */
    adopt(stamp: ChangeStamp, exchange: AsRead, externalId: string): Promise<ExchangeRecord | null> {
      return changeOne(stamp, exchange, {
        action: "exchange.name",
        eventType: "turash.exchange.updated",
        set: {},
        where: sql`true`,
        externalId,
        patch: [{ op: "add", path: "/externalId", value: externalId }],
      });
    },

    /** Says to whom the caller's side lets the exchange be shown. */
    show(stamp: ChangeStamp, exchange: AsRead, visibility: Visibility): Promise<ExchangeRecord | null> {
      return changeOne(stamp, exchange, {
        action: "exchange.show",
        eventType: "turash.exchange.updated",
        set: shown(stamp, visibility),
        where: sql`true`,
        patch: [{ op: "replace", path: "/visibility", value: visibility }],
      });
    },

    /** Moves an exchange on; one that ends gives back what it held. One conditional statement, so that of two at once one counts. */
    async advance(
      stamp: ChangeStamp,
      id: ExchangeId,
      to: ExchangeState,
      reason: string | null,
      version: number | null,
    ): Promise<Written<ExchangeRecord, CurrentExchange>> {
      const { actor } = stamp;
      const mine = actor.kind === "operator" ? sql`e.recorded_by = 'operator'` : isParty(actor);
      const expected = version === null ? sql`true` : sql`e.version = ${version}::integer`;
      const confirmed = to === "failed" ? sql`true` : sql`e.is_confirmed`;
      const outcome = await change(stamp, sql`${uuidOf(id)}::uuid`, {
        ...ending(to),
        state: to,
        reason,
        where: sql`${mine} AND ${confirmed} AND e.state IN ${exchangeTransitions[to]} AND ${expected}`,
        patch: [{ op: "replace", path: "/state", value: to }],
      });
      return settle(outcome, parseExchange);
    },

    /** Completes active exchanges whose last day was before `today` (ISO date); gives how many. */
    async completeDue(stamp: ChangeStamp, today: string): Promise<number> {
      const due = sql`SELECT x.id FROM ${exchanges} x WHERE x.state = 'active' AND x.is_confirmed AND x.ends_on < ${today}::date ORDER BY x.ends_on, x.id LIMIT ${completionBatch}::integer`;
      const outcome = await change(stamp, due, {
        ...ending("completed"),
        state: "completed",
        reason: "end_date",
        where: sql`e.state = 'active'`,
        patch: [{ op: "replace", path: "/state", value: "completed" }],
      });
      return outcome.documents.length;
    },
  };
}

/** The operator's word counts only when it records: later it is the sides' to say. */
function shown({ actor }: ChangeStamp, visibility: Visibility): Columns {
  if (actor.kind === "operator") return {};
  const side = (name: MatchSide) =>
    sql`CASE WHEN ${ownedBy(actor, sql.raw(`e.${name}_organization_id`))} THEN ${visibility}::text ELSE ${sql.raw(`e.${name}_visibility`)} END`;
  return { output_visibility: side("output"), input_visibility: side("input") };
}

function held(holds: Holds | null): Columns {
  return {
    output_reserved: sql`${holds?.output.amount ?? 0}::double precision`,
    input_reserved: sql`${holds?.input.amount ?? 0}::double precision`,
  };
}

/** What the exchange `old` held of the flow `locked l`. */
const heldBefore = sql`(CASE WHEN l.id = old.output_flow_id THEN old.output_reserved ELSE old.input_reserved END)`;

/** What a move to a state does besides: one that failed gives back all; one that was completed, what is there anew each year. */
function ending(to: ExchangeState): Pick<ExchangeChange, "action" | "eventType" | "set"> {
  if (to === "failed") return { action: "exchange.fail", eventType: "turash.exchange.failed", set: held(null) };
  if (to === "completed") {
    const kept = (side: MatchSide) =>
      sql`CASE WHEN (SELECT l.quantity_basis FROM locked l WHERE l.id = ${sql.raw(`e.${side}_flow_id`)}) = 'one_off' THEN ${sql.raw(`e.${side}_reserved`)} ELSE 0 END`;
    return {
      action: "exchange.complete",
      eventType: "turash.exchange.completed",
      set: { output_reserved: kept("output"), input_reserved: kept("input") },
    };
  }
  return { action: "exchange.advance", eventType: "turash.exchange.advanced", set: {} };
}

/**
 * A completed exchange speaks for both organizations, which the term `trust` counts: not one that the two of them only said
 * that they had, nor one of an organization with itself.
 */
function countCompleted(): SQL {
  return sql`counted AS (
    UPDATE ${organizations} AS o SET exchanges_completed = o.exchanges_completed + c.completed
    FROM (SELECT side, count(*)::integer AS completed FROM changed CROSS JOIN unnest(audience) AS side
      WHERE (origin = 'agreed' OR recorded_by = 'operator') AND cardinality(audience) = 2 GROUP BY side) AS c
    WHERE o.id = c.side)`;
}
