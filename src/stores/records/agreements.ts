import { sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import type { ExchangeRecord, ExchangeTerms } from "../../domain/exchange.ts";
import { type ExchangeId, type MatchId, uuidOf } from "../../domain/ids.ts";
import { type MatchState, matchTransitions } from "../../domain/match.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { outbox } from "../postgres/schema/changes.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { matches } from "../postgres/schema/flows.ts";
import {
  actingSide,
  changedExchange,
  type ExchangeDocument,
  exchangeEventData,
  historyEntry,
  parseExchange,
  tellOtherSide,
  termColumns,
} from "./exchangeRow.ts";
import { flowsAllow, type Holds, lockFlows, settleReservations, whenLocked, withdrawUsedUp } from "./reservation.ts";
import { matchVisibleTo, timeOf } from "./scope.ts";
import { settle, type Written } from "./written.ts";

/** What both sides of a match accepted. */
export type Agreement = Omit<ExchangeTerms, "reserves"> & {
  id: ExchangeId;
  matchId: MatchId;
  round: number;
  /** The quantity in the units of the two flows. */
  holds: Holds;
};

/** How the match stood, by which a refusal is told: in its state and round, too little remains or a flow has changed. */
export type CurrentNegotiation = { version: number; state: MatchState; round: number };

export type AgreementStore = ReturnType<typeof createAgreementStore>;

export function createAgreementStore(database: Database) {
  return {
    /**
     * Makes an exchange of what the two sides of a match agreed on: the match is `agreed`, the quantity is taken from both flows
     * and the exchange is there, or none of it; one statement. What no longer remains ends the flows' other open matches.
     */
    async agree(stamp: ChangeStamp, agreement: Agreement): Promise<Written<ExchangeRecord, CurrentNegotiation>> {
      const { id, matchId, round, holds } = agreement;
      const { from, to } = matchTransitions.agree;
      const match = sql`${uuidOf(matchId)}::uuid`;
      const at = timeOf(stamp);
      const terms = termColumns({ ...agreement, reserves: true });
      const outcome = await applyChange<ExchangeDocument>(database, {
        stamp,
        action: "exchange.agree",
        eventType: "turash.exchange.agreed",
        write: sql`WITH ${lockFlows(sql`SELECT unnest(ARRAY[m.output_flow_id, m.input_flow_id]) FROM ${matches} m WHERE m.id = ${match}`)},
            dealt AS MATERIALIZED (SELECT m.* FROM ${matches} m WHERE m.id = ${match} AND m.round = ${round}::integer AND m.state IN ${from}
              AND ${matchVisibleTo(stamp.actor)} AND ${whenLocked} FOR UPDATE)
          INSERT INTO ${exchanges} AS e (id, origin, match_id, round, output_flow_id, input_flow_id, output_organization_id, input_organization_id, state,
            ${sql.raw(Object.keys(terms).join(", "))}, output_reserved, input_reserved, output_confirmed_at, input_confirmed_at, history, created_at, updated_at)
          SELECT ${uuidOf(id)}::uuid, 'agreed', m.id, m.round, m.output_flow_id, m.input_flow_id, m.output_organization_id, m.input_organization_id, 'agreed',
            ${sql.join(Object.values(terms), sql`, `)}, ${holds.output.amount}::double precision, ${holds.input.amount}::double precision, ${at}, ${at},
            ${historyEntry(stamp, sql`'agreed'::text`, actingSide(stamp, "m"), null)}, ${at}, ${at}
          FROM dealt m WHERE ${flowsAllow(holds, true, sql`0`)}
          RETURNING ${changedExchange(stamp.actor, { outputDelta: sql`e.output_reserved`, inputDelta: sql`e.input_reserved` })}`,
        alongside: [
          sql`agreed_match AS (
            UPDATE ${matches} AS m SET state = ${to}, version = m.version + 1, updated_at = ${at},
              history = m.history || jsonb_build_array(jsonb_build_object('state', ${to}::text, 'round', m.round, 'at', ${stamp.at.toISOString()}::text, 'by', ${actingSide(stamp, "m")}, 'reason', NULL))
            FROM changed WHERE m.id = changed.match_id RETURNING m.id, m.version, m.round, changed.audience)`,
          sql`agreed_match_events AS (
            INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
            SELECT uuid_v7(${at}), 'turash.match.agreed', id, audience, jsonb_build_object('version', version, 'round', round), ${at}, ${stamp.traceparent} FROM agreed_match)`,
          ...settleReservations(stamp, sql`changed`),
          ...withdrawUsedUp(stamp, match),
          tellOtherSide(stamp, "exchange.agree"),
        ],
        patch: [{ op: "add", path: "", value: { ...agreement, holds: undefined } }],
        eventData: exchangeEventData,
        current: sql`SELECT jsonb_build_object('version', m.version, 'state', m.state, 'round', m.round) FROM ${matches} m WHERE m.id = ${match} AND ${matchVisibleTo(stamp.actor)}`,
      });
      return settle(outcome, parseExchange);
    },
  };
}
