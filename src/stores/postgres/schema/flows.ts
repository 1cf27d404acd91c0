import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { geographyPoint } from "../columnTypes.ts";
import { ewcCodes, grades } from "./taxonomy.ts";
import { organizations, sites } from "./tenants.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const flows = pgTable(
  "flows",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id").notNull(),
    siteId: uuid("site_id").notNull(),
    externalId: text("external_id"),
    direction: text("direction").notNull(),
    kind: text("kind").notNull(),
    grade: text("grade").notNull(),
    title: text("title").notNull(),
    notes: text("notes"),
    legalStatus: text("legal_status").notNull(),
    ewc: text("ewc"),
    hs: text("hs"),
    hsHeading: text("hs_heading").generatedAlwaysAs(sql`left(hs, 4)`),
    codes: jsonb("codes").notNull(),
    quantityAmount: doublePrecision("quantity_amount").notNull(),
    quantityUnit: text("quantity_unit").notNull(),
    quantityBasis: text("quantity_basis").notNull(),
    quantityUncertainty: doublePrecision("quantity_uncertainty"),
    minimumLot: jsonb("minimum_lot"),
    reservedAmount: doublePrecision("reserved_amount").notNull().default(0),
    remainingAmount: doublePrecision("remaining_amount")
      .notNull()
      .generatedAlwaysAs(sql`quantity_amount - reserved_amount`),
    quality: jsonb("quality").notNull(),
    availability: jsonb("availability").notNull(),
    economics: jsonb("economics").notNull(),
    constraints: jsonb("constraints").notNull(),
    precision: jsonb("precision").notNull(),
    precisionLevel: text("precision_level").notNull().generatedAlwaysAs(sql`precision ->> 'level'`),
    maximumDistanceMeters: doublePrecision("maximum_distance_meters").generatedAlwaysAs(
      sql`(constraints ->> 'maximumDistanceMeters')::double precision`,
    ),
    status: text("status").notNull(),
    visibility: text("visibility").notNull(),
    dimension: text("dimension").notNull(),
    canonicalAmount: doublePrecision("canonical_amount").notNull(),
    canonicalRemaining: doublePrecision("canonical_remaining")
      .notNull()
      .generatedAlwaysAs(
        sql`CASE WHEN quantity_amount > 0 THEN canonical_amount * (quantity_amount - reserved_amount) / quantity_amount ELSE 0 END`,
      ),
    monthsMask: smallint("months_mask").notNull(),
    temperatureMinimumKelvin: doublePrecision("temperature_minimum_kelvin"),
    temperatureMaximumKelvin: doublePrecision("temperature_maximum_kelvin"),
    location: geographyPoint("location").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    deletedAt: instant("deleted_at"),
  },
  (table) => [
    foreignKey({
      name: "flows_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    foreignKey({
      name: "flows_site_id_fkey",
      columns: [table.organizationId, table.siteId],
      foreignColumns: [sites.organizationId, sites.id],
    }),
    foreignKey({
      name: "flows_grade_fkey",
      columns: [table.kind, table.grade],
      foreignColumns: [grades.kind, grades.slug],
    }),
    foreignKey({ name: "flows_ewc_fkey", columns: [table.ewc], foreignColumns: [ewcCodes.code] }),
    unique("flows_organization_id_id_key").on(table.organizationId, table.id),
    uniqueIndex("flows_external_id_key").on(table.organizationId, table.externalId).where(sql`deleted_at IS NULL`),
    index("flows_site_id_idx").on(table.siteId).where(sql`deleted_at IS NULL`),
    index("flows_public_idx").on(table.id).where(sql`deleted_at IS NULL AND visibility = 'public'`),
    index("flows_supply_idx")
      .using("gist", table.grade, table.location)
      .where(sql`status = 'active' AND deleted_at IS NULL AND direction <> 'input'`),
    index("flows_need_idx")
      .using("gist", table.grade, table.location)
      .where(sql`status = 'active' AND deleted_at IS NULL AND direction = 'input'`),
    index("flows_ewc_idx")
      .using("gist", table.ewc, table.location)
      .where(sql`status = 'active' AND deleted_at IS NULL AND ewc IS NOT NULL`),
    index("flows_hs_idx")
      .using("gist", table.hsHeading, table.location)
      .where(sql`status = 'active' AND deleted_at IS NULL AND hs IS NOT NULL`),
    index("flows_location_idx").using("gist", table.location).where(sql`deleted_at IS NULL`),
    index("flows_geometry_idx").using("gist", sql`(location::geometry)`).where(sql`deleted_at IS NULL`),
  ],
);

const opened = sql`output_interested AND input_interested AND state IN ('interested_both', 'negotiating', 'agreed')`;

export const matches = pgTable(
  "matches",
  {
    id: uuid("id").primaryKey(),
    outputFlowId: uuid("output_flow_id").notNull(),
    inputFlowId: uuid("input_flow_id").notNull(),
    outputOrganizationId: uuid("output_organization_id").notNull(),
    inputOrganizationId: uuid("input_organization_id").notNull(),
    state: text("state").notNull(),
    round: integer("round").notNull().default(1),
    outputInterested: boolean("output_interested").notNull().default(false),
    inputInterested: boolean("input_interested").notNull().default(false),
    score: doublePrecision("score").notNull(),
    evaluation: jsonb("evaluation").notNull(),
    outputView: jsonb("output_view").notNull(),
    inputView: jsonb("input_view").notNull(),
    outputFlowVersion: integer("output_flow_version").notNull(),
    inputFlowVersion: integer("input_flow_version").notNull(),
    outputBasis: bigint("output_basis", { mode: "number" }).array().notNull().default(sql`'{}'::bigint[]`),
    inputBasis: bigint("input_basis", { mode: "number" }).array().notNull().default(sql`'{}'::bigint[]`),
    leastScore: doublePrecision("least_score").notNull().default(0),
    holds: boolean("holds").notNull().default(true),
    gates: jsonb("gates").notNull().default(sql`'{}'::jsonb`),
    history: jsonb("history").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    foreignKey({
      name: "matches_output_flow_id_fkey",
      columns: [table.outputOrganizationId, table.outputFlowId],
      foreignColumns: [flows.organizationId, flows.id],
    }),
    foreignKey({
      name: "matches_input_flow_id_fkey",
      columns: [table.inputOrganizationId, table.inputFlowId],
      foreignColumns: [flows.organizationId, flows.id],
    }),
    unique("matches_pair_key").on(table.outputFlowId, table.inputFlowId),
    index("matches_output_organization_id_idx").on(table.outputOrganizationId, table.id),
    index("matches_input_organization_id_idx").on(table.inputOrganizationId, table.id),
    index("matches_input_flow_id_idx").on(table.inputFlowId),
    index("matches_opened_output_idx").on(table.inputOrganizationId, table.outputFlowId).where(opened),
    index("matches_opened_input_idx").on(table.outputOrganizationId, table.inputFlowId).where(opened),
  ],
);

export const matchRefreshes = pgTable(
  "match_refreshes",
  {
    flowId: uuid("flow_id").primaryKey(),
    requests: integer("requests").notNull().default(1),
    answered: integer("answered").notNull().default(0),
    dueAt: instant("due_at").notNull(),
    isUrgent: boolean("is_urgent").notNull(),
    attempts: integer("attempts").notNull().default(0),
    basis: bigint("basis", { mode: "number" }).array(),
    taxonomyVersion: bigint("taxonomy_version", { mode: "number" }),
    computedAt: instant("computed_at"),
    floorScore: doublePrecision("floor_score"),
  },
  (table) => [
    foreignKey({ name: "match_refreshes_flow_id_fkey", columns: [table.flowId], foreignColumns: [flows.id] }).onDelete(
      "cascade",
    ),
    index("match_refreshes_due_idx").on(table.isUrgent.desc(), table.dueAt).where(sql`requests > answered`),
    index("match_refreshes_taxonomy_version_idx").on(table.taxonomyVersion),
  ],
);
