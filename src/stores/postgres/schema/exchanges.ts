import { sql } from "drizzle-orm";
import {
  boolean,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { flows, matches } from "./flows.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const exchanges = pgTable(
  "exchanges",
  {
    id: uuid("id").primaryKey(),
    origin: text("origin").notNull(),
    matchId: uuid("match_id"),
    round: integer("round"),
    outputFlowId: uuid("output_flow_id").notNull(),
    inputFlowId: uuid("input_flow_id").notNull(),
    outputOrganizationId: uuid("output_organization_id").notNull(),
    inputOrganizationId: uuid("input_organization_id").notNull(),
    state: text("state").notNull(),
    quantityAmount: doublePrecision("quantity_amount").notNull(),
    quantityUnit: text("quantity_unit").notNull(),
    price: jsonb("price"),
    startsOn: date("starts_on"),
    endsOn: date("ends_on"),
    reserves: boolean("reserves").notNull(),
    outputReserved: doublePrecision("output_reserved").notNull().default(0),
    inputReserved: doublePrecision("input_reserved").notNull().default(0),
    recordedBy: text("recorded_by"),
    outputConfirmedAt: instant("output_confirmed_at"),
    inputConfirmedAt: instant("input_confirmed_at"),
    isConfirmed: boolean("is_confirmed")
      .notNull()
      .generatedAlwaysAs(sql`output_confirmed_at IS NOT NULL AND input_confirmed_at IS NOT NULL`),
    outputVisibility: text("output_visibility").notNull().default(sql`'private'`),
    inputVisibility: text("input_visibility").notNull().default(sql`'private'`),
    visibility: text("visibility")
      .notNull()
      .generatedAlwaysAs(
        sql`CASE WHEN output_visibility = 'private' OR input_visibility = 'private' THEN 'private' WHEN output_visibility = 'network' OR input_visibility = 'network' THEN 'network' ELSE 'public' END`,
      ),
    history: jsonb("history").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    foreignKey({ name: "exchanges_match_id_fkey", columns: [table.matchId], foreignColumns: [matches.id] }),
    foreignKey({
      name: "exchanges_output_flow_id_fkey",
      columns: [table.outputOrganizationId, table.outputFlowId],
      foreignColumns: [flows.organizationId, flows.id],
    }),
    foreignKey({
      name: "exchanges_input_flow_id_fkey",
      columns: [table.inputOrganizationId, table.inputFlowId],
      foreignColumns: [flows.organizationId, flows.id],
    }),
    unique("exchanges_round_key").on(table.matchId, table.round),
    index("exchanges_output_organization_id_idx").on(table.outputOrganizationId, table.id),
    index("exchanges_input_organization_id_idx").on(table.inputOrganizationId, table.id),
    index("exchanges_output_flow_id_idx").on(table.outputFlowId),
    index("exchanges_input_flow_id_idx").on(table.inputFlowId),
    index("exchanges_shown_idx").on(table.id).where(sql`visibility <> 'private' AND is_confirmed`),
    index("exchanges_ends_on_idx")
      .on(table.endsOn)
      .where(sql`state = 'active' AND ends_on IS NOT NULL AND is_confirmed`),
  ],
);

export const exchangeExternalIds = pgTable(
  "exchange_external_ids",
  {
    ownerId: uuid("owner_id").notNull(),
    externalId: text("external_id").notNull(),
    exchangeId: uuid("exchange_id").notNull(),
  },
  (table) => [
    primaryKey({ name: "exchange_external_ids_pkey", columns: [table.ownerId, table.externalId] }),
    unique("exchange_external_ids_exchange_key").on(table.exchangeId, table.ownerId),
    foreignKey({
      name: "exchange_external_ids_exchange_id_fkey",
      columns: [table.exchangeId],
      foreignColumns: [exchanges.id],
    }),
  ],
);
