import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { Actor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { type ExchangeRecord, type ExchangeState, type ExchangeTerms, standingStates } from "../../domain/exchange.ts";
import type { FlowSide, Known } from "../../domain/exchangeRecording.ts";
import type { Visibility } from "../../domain/flow.ts";
import { type ExchangeId, type FlowId, idFromUuid, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import type { MatchSide } from "../../domain/match.ts";
import type { Page, Paged } from "../../domain/page.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { exchangeExternalIds, exchanges } from "../postgres/schema/exchanges.ts";
import { flows } from "../postgres/schema/flows.ts";
import type { Columns } from "../postgres/upsert.ts";
import {
  changedExchange,
  type ExchangeDocument,
  exchangeDocument,
  exchangeEventData,
  exchangeVisibleTo,
  historyEntry,
  isParty,
  keyOwner,
  nameExchange,
  parseExchange,
  tellOtherSide,
  termColumns,
} from "./exchangeRow.ts";
import { page } from "./page.ts";
import { flowsAllow, type Holds, lockFlows, settleReservations, withdrawUsedUp } from "./reservation.ts";
import { flowVisibleTo, ownedBy, readAs, timeOf } from "./scope.ts";

export type ExchangeFilter = {
  state?: ExchangeState | undefined;
  flowId?: FlowId | undefined;
  organizationId?: OrganizationId | undefined;
  isConfirmed?: boolean | undefined;
};

/** An exchange that is to be recorded. */
export type NewExchange = ExchangeTerms & {
  id: ExchangeId;
  externalId: string;
  outputFlowId: FlowId;
  inputFlowId: FlowId;
  outputOrganizationId: OrganizationId;
  inputOrganizationId: OrganizationId;
  state: ExchangeState;
  recordedBy: MatchSide | "operator";
  /** Those that stand by it from the beginning. */
  sides: readonly MatchSide[];
  visibility: Visibility;
};

/** What recording an exchange of two flows depends on. */
export type Situation = { flows: Map<FlowId, FlowSide>; known: Known };

type FlowRow = {
  id: string;
  organization_id: string;
  direction: FlowSide["direction"];
  status: FlowSide["status"];
  unit: string;
  grade: string;
  amount: number;
  remaining: number;
  is_own: boolean;
};

export type ExchangeStore = ReturnType<typeof createExchangeStore>;

export function createExchangeStore(database: Database) {
  return {
    async find(stamp: ChangeStamp, id: ExchangeId): Promise<ExchangeRecord | null> {
      const select = sql`SELECT ${readColumns(stamp.actor)} FROM ${exchanges} e WHERE e.id = ${uuidOf(id)}::uuid AND ${exchangeVisibleTo(stamp.actor)}`;
      const [row] = await database.query<{ document: ExchangeDocument }>(readAs(stamp, "exchange.read", select));
      return row ? parseExchange(row.document) : null;
    },

    async list(stamp: ChangeStamp, filter: ExchangeFilter, { limit, after }: Page): Promise<Paged<ExchangeRecord>> {
      const conditions = [exchangeVisibleTo(stamp.actor)];
      if (filter.state) conditions.push(sql`e.state = ${filter.state}`);
      if (filter.flowId) conditions.push(sql`${uuidOf(filter.flowId)}::uuid IN (e.output_flow_id, e.input_flow_id)`);
      if (filter.organizationId) conditions.push(ofOrganization(stamp.actor, filter.organizationId));
      if (filter.isConfirmed !== undefined) conditions.push(sql`e.is_confirmed = ${filter.isConfirmed}::boolean`);
      if (after !== null) conditions.push(sql`e.id < ${after}::uuid`);
      const select = sql`SELECT ${readColumns(stamp.actor)} FROM ${exchanges} e
        WHERE ${sql.join(conditions, sql` AND `)} ORDER BY e.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<{ id: string; document: ExchangeDocument }>(
        readAs(stamp, "exchange.list", select),
      );
      return page(rows, limit, (row) => parseExchange(row.document));
    },

    /** The flows of these two that the caller sees, and what it knows by this key or could confirm; one round trip. */
    async findSituation(
      stamp: ChangeStamp,
      externalId: string,
      outputFlowId: FlowId,
      inputFlowId: FlowId,
    ): Promise<Situation> {
      const { actor } = stamp;
      const [output, input] = [sql`${uuidOf(outputFlowId)}::uuid`, sql`${uuidOf(inputFlowId)}::uuid`];
      const named = sql`SELECT k.exchange_id FROM ${exchangeExternalIds} k WHERE k.owner_id = ${keyOwner(actor)} AND k.external_id = ${externalId}`;
      const unnamed = sql`SELECT u.id FROM ${exchanges} u WHERE u.output_flow_id = ${output} AND u.input_flow_id = ${input} AND u.state IN ${standingStates}
        AND NOT EXISTS (SELECT FROM ${exchangeExternalIds} k WHERE k.exchange_id = u.id AND k.owner_id = ${keyOwner(actor)}) ORDER BY u.id LIMIT 100`;
      const candidates = actor.kind === "operator" ? named : sql`(${named}) UNION ALL (${unnamed})`;
      const [flowRows, rows] = await database.batch<[FlowRow[], { document: ExchangeDocument }[]]>([
        sql`SELECT f.id, f.organization_id, f.direction, f.status, f.quantity_unit AS unit, f.grade, f.quantity_amount AS amount, f.remaining_amount AS remaining,
            ${ownedBy(actor, sql`f.organization_id`)} AS is_own
          FROM ${flows} f WHERE f.id IN (${output}, ${input}) AND ${flowVisibleTo(actor)} AND ${blocksNot(actor)}`,
        readAs(
          stamp,
          "exchange.read",
          sql`SELECT ${readColumns(actor)} FROM ${exchanges} e WHERE e.id IN (${candidates}) AND ${isParty(actor)} ORDER BY e.id`,
        ),
      ]);
      const found = rows.map(({ document }) => parseExchange(document));
      return {
        flows: new Map(flowRows.map((row) => [idFromUuid("flow", row.id), flowSide(row)])),
        known: {
          own: found.find((exchange) => exchange.externalId === externalId) ?? null,
          others: found.filter((exchange) => exchange.externalId === null),
        },
      };
    },

    /**
     * Records an exchange under the caller's key. Where both sides stand by it, it takes its quantity from both flows in the
     * same statement. Null where the flows are no longer as `holds` has them, or too little remains of one.
     */
    async record(
      stamp: ChangeStamp,
      exchange: NewExchange,
      holds: Holds,
      patch: readonly Operation[],
    ): Promise<ExchangeRecord | null> {
      const takes = exchange.reserves && exchange.sides.length === 2;
      const columns = newColumns(stamp, exchange, takes ? holds : null);
      const names = sql.raw(Object.keys(columns).join(", "));
      const outcome = await applyChange<ExchangeDocument>(database, {
        stamp: { ...stamp, idempotency: null },
        action: "exchange.record",
        eventType: "turash.exchange.recorded",
        write: sql`WITH ${lockFlows(sql`${uuidOf(exchange.outputFlowId)}::uuid, ${uuidOf(exchange.inputFlowId)}::uuid`)}
          INSERT INTO ${exchanges} AS e (${names}) SELECT ${sql.join(Object.values(columns), sql`, `)}
          WHERE ${flowsAllow(holds, takes, sql`0`)} AND (SELECT bool_or(${ownedBy(stamp.actor, sql`l.organization_id`)}) FROM locked l)
          RETURNING ${changedExchange(stamp.actor, { externalId: exchange.externalId, outputDelta: sql`e.output_reserved`, inputDelta: sql`e.input_reserved` })}`,
        alongside: [
          nameExchange(stamp.actor, exchange.externalId),
          ...settleReservations(stamp, sql`changed`),
          ...withdrawUsedUp(stamp),
          tellOtherSide(stamp, "exchange.record"),
        ],
        patch,
        eventData: exchangeEventData,
      });
      return outcome.documents[0] ? parseExchange(outcome.documents[0]) : null;
    },
  };
}

function readColumns(actor: Actor): SQL {
  return sql`e.id, e.output_organization_id AS organization_id, ${exchangeDocument(actor)} AS document`;
}

/** Exchanges of an organization that the caller knows to be on one of its sides. */
function ofOrganization(actor: Actor, id: OrganizationId): SQL {
  return sql`${uuidOf(id)}::text IN (${exchangeDocument(actor)} ->> 'outputOrganizationId', ${exchangeDocument(actor)} ->> 'inputOrganizationId')`;
}

/** Whoever has blocked an organization is not spoken for by it. */
function blocksNot(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`true`;
  return sql`(f.constraints -> 'blockedOrganizationIds' ? ${actor.organizationId}) IS NOT TRUE`;
}

function flowSide(row: FlowRow): FlowSide {
  return {
    organizationId: idFromUuid("organization", row.organization_id),
    direction: row.direction,
    status: row.status,
    unit: row.unit,
    grade: row.grade,
    amount: row.amount,
    remaining: row.remaining,
    isOwn: row.is_own,
  };
}

function newColumns(stamp: ChangeStamp, exchange: NewExchange, taken: Holds | null): Columns {
  const { recordedBy, sides, visibility } = exchange;
  const at = timeOf(stamp);
  const confirmed = (side: MatchSide) => (sides.includes(side) ? at : sql`NULL::timestamptz`);
  const shown = (side: MatchSide) => sql`${sides.includes(side) ? visibility : "private"}::text`;
  const state = sql`${exchange.state}::text`;
  return {
    id: sql`${uuidOf(exchange.id)}::uuid`,
    origin: sql`'recorded'`,
    output_flow_id: sql`${uuidOf(exchange.outputFlowId)}::uuid`,
    input_flow_id: sql`${uuidOf(exchange.inputFlowId)}::uuid`,
    output_organization_id: sql`${uuidOf(exchange.outputOrganizationId)}::uuid`,
    input_organization_id: sql`${uuidOf(exchange.inputOrganizationId)}::uuid`,
    state,
    ...termColumns(exchange),
    output_reserved: sql`${taken?.output.amount ?? 0}::double precision`,
    input_reserved: sql`${taken?.input.amount ?? 0}::double precision`,
    recorded_by: sql`${recordedBy}::text`,
    output_confirmed_at: confirmed("output"),
    input_confirmed_at: confirmed("input"),
    output_visibility: shown("output"),
    input_visibility: shown("input"),
    history: historyEntry(stamp, state, sql`${recordedBy}::text`, null),
    created_at: at,
    updated_at: at,
  };
}
