import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { Flow } from "../../domain/flow.ts";
import type { FlowSearchFacts } from "../../domain/flowSearch.ts";
import { idFromUuid, uuidOf } from "../../domain/ids.ts";
import type { Columns } from "../postgres/upsert.ts";
import { openedByMatch, ownedBy, utc } from "./scope.ts";

/** A flow as the database answers it: UUIDs for ids, else the domain's own names. */
export type FlowDocument = Omit<Flow, "id" | "organizationId" | "siteId"> & {
  id: string;
  organizationId: string;
  siteId: string;
};

/**
 * The columns of `flows f` as one jsonb document. To others than its organization a flow shows its price, and neither its
 * costs nor whom it has blocked; its organization's own key for it only once a match has opened it to them.
 */
export function flowDocument(actor: Actor): SQL {
  const own = ownedBy(actor, sql`f.organization_id`);
  return flowDocumentFor(own, sql`(${own} OR ${openedByMatch(actor)})`);
}

/** All of them, as matching reads it. */
export const wholeFlowDocument = flowDocumentFor(sql`true`, sql`true`);

/** The same where `own` says for which rows the costs are part of it, and `known` for which the externalId. */
function flowDocumentFor(own: SQL, known: SQL): SQL {
  return sql`jsonb_build_object('id', f.id, 'organizationId', f.organization_id, 'siteId', f.site_id,
    'externalId', CASE WHEN ${known} THEN f.external_id END,
    'direction', f.direction, 'kind', f.kind, 'grade', f.grade, 'title', f.title, 'notes', f.notes, 'legalStatus', f.legal_status,
    'codes', jsonb_build_object('ewc', f.ewc, 'hs', f.hs) || f.codes,
    'quantity', jsonb_build_object('amount', f.quantity_amount, 'unit', f.quantity_unit, 'basis', f.quantity_basis,
      'uncertainty', f.quantity_uncertainty, 'minimumLot', f.minimum_lot),
    'quality', f.quality, 'availability', f.availability,
    'economics', CASE WHEN ${own} THEN f.economics
      ELSE jsonb_build_object('price', f.economics -> 'price', 'disposalCost', NULL, 'virginPrice', NULL, 'treatmentCost', NULL, 'floor', NULL) END,
    'constraints', CASE WHEN ${own} THEN f.constraints ELSE f.constraints || '{"blockedOrganizationIds": []}' END,
    'precision', f.precision, 'status', f.status, 'visibility', f.visibility, 'reservedAmount', f.reserved_amount,
    'version', f.version, 'createdAt', f.created_at, 'updatedAt', f.updated_at)`;
}

/** The domain's flow, its fields in the order in which they are read (jsonb has an order of its own). */
export function parseFlow(row: FlowDocument): Flow {
  const { amount, unit, basis, uncertainty, minimumLot } = row.quantity;
  return {
    id: idFromUuid("flow", row.id),
    organizationId: idFromUuid("organization", row.organizationId),
    siteId: idFromUuid("site", row.siteId),
    externalId: row.externalId,
    direction: row.direction,
    kind: row.kind,
    grade: row.grade,
    title: row.title,
    notes: row.notes,
    legalStatus: row.legalStatus,
    codes: row.codes,
    quantity: { amount, unit, basis, uncertainty, minimumLot },
    quality: row.quality,
    availability: row.availability,
    economics: row.economics,
    constraints: row.constraints,
    precision: row.precision,
    status: row.status,
    visibility: row.visibility,
    reservedAmount: row.reservedAmount,
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}

export function fixedColumns(flow: Flow): Columns {
  return {
    id: sql`${uuidOf(flow.id)}::uuid`,
    organization_id: sql`${uuidOf(flow.organizationId)}::uuid`,
    created_at: sql`${flow.createdAt}::timestamptz`,
    updated_at: sql`${flow.updatedAt}::timestamptz`,
  };
}

/** The columns that follow from what the owner wrote. */
export function contentColumns(flow: Flow, facts: FlowSearchFacts): Columns {
  const { ewc, hs, ...otherCodes } = flow.codes;
  const { quantity } = flow;
  return {
    site_id: sql`${uuidOf(flow.siteId)}::uuid`,
    external_id: sql`${flow.externalId}::text`,
    direction: sql`${flow.direction}::text`,
    kind: sql`${flow.kind}::text`,
    grade: sql`${flow.grade}::text`,
    title: sql`${flow.title}::text`,
    notes: sql`${flow.notes}::text`,
    legal_status: sql`${flow.legalStatus}::text`,
    ewc: sql`${ewc}::text`,
    hs: sql`${hs}::text`,
    codes: json(otherCodes),
    quantity_amount: sql`${quantity.amount}::double precision`,
    quantity_unit: sql`${quantity.unit}::text`,
    quantity_basis: sql`${quantity.basis}::text`,
    quantity_uncertainty: sql`${quantity.uncertainty}::double precision`,
    minimum_lot: json(quantity.minimumLot),
    quality: json(flow.quality),
    availability: json(flow.availability),
    economics: json(flow.economics),
    constraints: json(flow.constraints),
    precision: json(flow.precision),
    status: sql`${flow.status}::text`,
    visibility: sql`${flow.visibility}::text`,
    dimension: sql`${facts.dimension}::text`,
    canonical_amount: sql`${facts.canonicalAmount}::double precision`,
    months_mask: sql`${facts.monthsMask}::smallint`,
    temperature_minimum_kelvin: sql`${facts.temperatureMinimumKelvin}::double precision`,
    temperature_maximum_kelvin: sql`${facts.temperatureMaximumKelvin}::double precision`,
  };
}

function json(value: unknown): SQL {
  return sql`${value === null ? null : JSON.stringify(value)}::jsonb`;
}
