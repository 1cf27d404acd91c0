import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import type { ExchangeRecord, ExchangeTerms } from "../../domain/exchange.ts";
import { idFromUuid, uuidOf } from "../../domain/ids.ts";
import { auditActor, auditAddress } from "../postgres/change.ts";
import { auditEntries } from "../postgres/schema/changes.ts";
import { exchangeExternalIds } from "../postgres/schema/exchanges.ts";
import { flows } from "../postgres/schema/flows.ts";
import type { Columns } from "../postgres/upsert.ts";
import { facilitates, sharesProgramme } from "./programmeScope.ts";
import { flowOpenTo, ownedBy, timeOf, utc } from "./scope.ts";

/** An exchange as the database answers it: UUIDs for ids, else the domain's own names. */
export type ExchangeDocument = Omit<
  ExchangeRecord,
  "id" | "matchId" | "outputFlowId" | "inputFlowId" | "outputOrganizationId" | "inputOrganizationId"
> &
  Record<"id" | "outputFlowId" | "inputFlowId", string> &
  Record<"matchId" | "outputOrganizationId" | "inputOrganizationId", string | null>;

const nobody = "00000000-0000-0000-0000-000000000000";

/** Whose key an externalId is: the caller's organization's, or the operator's. */
export function keyOwner(actor: Actor): SQL {
  return sql`${actor.kind === "operator" ? nobody : uuidOf(actor.organizationId)}::uuid`;
}

/** Whether the caller's organization stands on a side of `exchanges e`; the operator sees all that they see. */
export function isParty(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`true`;
  return sql`${uuidOf(actor.organizationId)}::uuid IN (e.output_organization_id, e.input_organization_id)`;
}

/**
 * Which rows of `exchanges e` the caller may see: its own, proposals among them; and of those that both sides stand by, those
 * that both show it, and as a facilitator those of two organizations that let it.
 */
export function exchangeVisibleTo(actor: Actor): SQL {
  const both = (condition: (column: SQL) => SQL) =>
    sql`${condition(sql`e.output_organization_id`)} AND ${condition(sql`e.input_organization_id`)}`;
  return sql`(${isParty(actor)} OR (e.is_confirmed AND (e.visibility = 'public'
    OR (e.visibility = 'network' AND ${both((column) => sharesProgramme(actor, column))})
    OR (${both((column) => facilitates(actor, column))}))))`;
}

/**
 * The columns of `exchanges e` as one jsonb document. Whoever named the other side's flow knows no more of its owner than the
 * flow shows, until that side has confirmed. `externalId` is what this statement makes the caller's key.
 */
export function exchangeDocument(actor: Actor, externalId?: string): SQL {
  const party = isParty(actor);
  const key =
    externalId === undefined
      ? sql`(SELECT k.external_id FROM ${exchangeExternalIds} k WHERE k.exchange_id = e.id AND k.owner_id = ${keyOwner(actor)})`
      : sql`${externalId}::text`;
  const owner = (side: "output" | "input") => {
    const column = (name: string) => sql.raw(`e.${side}_${name}`);
    return sql`CASE WHEN ${column("confirmed_at")} IS NOT NULL OR ${ownedBy(actor, column("organization_id"))}
      OR EXISTS (SELECT FROM ${flows} f WHERE f.id = ${column("flow_id")} AND f.deleted_at IS NULL AND ${flowOpenTo(actor)}) THEN ${column("organization_id")} END`;
  };
  return sql`jsonb_build_object('id', e.id, 'externalId', ${key}, 'origin', e.origin, 'matchId', e.match_id, 'round', e.round,
    'outputFlowId', e.output_flow_id, 'inputFlowId', e.input_flow_id, 'outputOrganizationId', ${owner("output")}, 'inputOrganizationId', ${owner("input")},
    'state', e.state, 'quantity', jsonb_build_object('amount', e.quantity_amount, 'unit', e.quantity_unit), 'price', CASE WHEN ${party} THEN e.price END,
    'from', e.starts_on, 'until', e.ends_on, 'reserves', e.reserves, 'recordedBy', e.recorded_by,
    'confirmedBy', jsonb_build_object('output', e.output_confirmed_at IS NOT NULL, 'input', e.input_confirmed_at IS NOT NULL),
    'visibility', e.visibility, 'visibilityBy', CASE WHEN ${party} THEN jsonb_build_object('output', e.output_visibility, 'input', e.input_visibility) END,
    'history', CASE WHEN ${party} THEN e.history END, 'version', e.version, 'createdAt', e.created_at, 'updatedAt', e.updated_at)`;
}

/** The domain's exchange, its fields in the order in which they are read. */
export function parseExchange(row: ExchangeDocument): ExchangeRecord {
  const { quantity, price, confirmedBy, visibilityBy } = row;
  const organization = (uuid: string | null) => (uuid === null ? null : idFromUuid("organization", uuid));
  return {
    id: idFromUuid("exchange", row.id),
    externalId: row.externalId,
    origin: row.origin,
    matchId: row.matchId === null ? null : idFromUuid("match", row.matchId),
    round: row.round,
    outputFlowId: idFromUuid("flow", row.outputFlowId),
    inputFlowId: idFromUuid("flow", row.inputFlowId),
    outputOrganizationId: organization(row.outputOrganizationId),
    inputOrganizationId: organization(row.inputOrganizationId),
    state: row.state,
    quantity: { amount: quantity.amount, unit: quantity.unit },
    price: price && { amount: price.amount, currency: price.currency, per: price.per },
    from: row.from,
    until: row.until,
    reserves: row.reserves,
    confirmedBy: { output: confirmedBy.output, input: confirmedBy.input },
    recordedBy: row.recordedBy,
    visibility: row.visibility,
    visibilityBy: visibilityBy && { output: visibilityBy.output, input: visibilityBy.input },
    history: row.history?.map(({ state, at, by, reason }) => ({ state, at, by, reason })) ?? null,
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}

/** What changes an exchange gives of each row: what `applyChange` wants, and what it holds of its flows more or less than before. */
export function changedExchange(
  actor: Actor,
  { externalId, outputDelta, inputDelta }: { externalId?: string; outputDelta: SQL; inputDelta: SQL },
): SQL {
  const side = actor.kind === "operator" ? sql`e.output_organization_id` : sql`${uuidOf(actor.organizationId)}::uuid`;
  return sql`e.id, ${side} AS organization_id, CASE WHEN e.output_organization_id = e.input_organization_id THEN ARRAY[e.output_organization_id]
      ELSE ARRAY[e.output_organization_id, e.input_organization_id] END AS audience, e.version, ${exchangeDocument(actor, externalId)} AS document,
    e.state, e.is_confirmed, e.match_id, e.origin, e.recorded_by, e.output_flow_id, ${outputDelta} AS output_delta, e.input_flow_id, ${inputDelta} AS input_delta`;
}

/** What an event tells of `changed`. */
export const exchangeEventData = sql`jsonb_build_object('state', state, 'isConfirmed', is_confirmed)`;

/** Who makes a change to `exchanges e`, or `matches m`, as a history has it. */
export function actingSide({ actor }: ChangeStamp, alias: "e" | "m" = "e"): SQL {
  if (actor.kind === "operator") return sql`${actor.credential === "schedule" ? "schedule" : "operator"}::text`;
  return sql`CASE WHEN ${ownedBy(actor, sql.raw(`${alias}.output_organization_id`))} THEN 'output' ELSE 'input' END`;
}

/** A history of one entry, as jsonb. */
export function historyEntry(stamp: ChangeStamp, state: SQL, by: SQL, reason: string | null): SQL {
  return sql`jsonb_build_array(jsonb_build_object('state', ${state}, 'at', ${stamp.at.toISOString()}::text, 'by', ${by}, 'reason', ${reason}::text))`;
}

/**
 * The change enters the audit log of the other side too. Whose member it was, and the id that it gave its request, are its own
 * organization's to know.
 */
export function tellOtherSide(stamp: ChangeStamp, action: string, source = sql`changed`): SQL {
  const at = timeOf(stamp);
  const isOperator = stamp.actor.kind === "operator";
  return sql`told AS (
    INSERT INTO ${auditEntries} (id, organization_id, actor, member_id, credential, action, subject_id, patch, request_id, address_hash, occurred_at)
    SELECT uuid_v7(${at}), side, actor, NULL, ${isOperator ? sql`credential` : sql`'counterpart'`}, ${action}::text, id,
      jsonb_build_array(jsonb_build_object('op', 'replace', 'path', '/state', 'value', state)),
      ${isOperator ? stamp.requestId : "counterpart"}::text, ${isOperator ? auditAddress(stamp) : sql`NULL`}, ${at}
    FROM ${source} CROSS JOIN unnest(audience) AS side CROSS JOIN (SELECT ${auditActor(stamp)}) AS who (actor, member_id, credential)
    WHERE side <> organization_id)`;
}

/** Gives the caller its own key for what changed. */
export function nameExchange(actor: Actor, externalId: string): SQL {
  return sql`named AS (INSERT INTO ${exchangeExternalIds} (owner_id, external_id, exchange_id) SELECT ${keyOwner(actor)}, ${externalId}::text, id FROM changed)`;
}

/** The columns that both sides must say alike. */
export function termColumns({ quantity, price, from, until, reserves }: ExchangeTerms): Columns {
  return {
    quantity_amount: sql`${quantity.amount}::double precision`,
    quantity_unit: sql`${quantity.unit}::text`,
    price: sql`${price && JSON.stringify(price)}::jsonb`,
    starts_on: sql`${from}::date`,
    ends_on: sql`${until}::date`,
    reserves: sql`${reserves}::boolean`,
  };
}
