import { sql } from "drizzle-orm";
import {
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { bytea } from "../columnTypes.ts";
import { members, organizations } from "./tenants.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const webhooks = pgTable(
  "webhooks",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id").notNull(),
    memberId: uuid("member_id"),
    scopes: text("scopes").array().notNull(),
    url: text("url").notNull(),
    description: text("description"),
    events: text("events").array().notNull(),
    enabled: boolean("enabled").notNull().default(true),
    disabledReason: text("disabled_reason"),
    disabledAt: instant("disabled_at"),
    secret: bytea("secret"),
    previousSecret: bytea("previous_secret"),
    previousSecretEndsAt: instant("previous_secret_ends_at"),
    failingSince: instant("failing_since"),
    leasedAt: instant("leased_at"),
    leasedUntil: instant("leased_until"),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    deletedAt: instant("deleted_at"),
  },
  (table) => [
    foreignKey({
      name: "webhooks_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    foreignKey({
      name: "webhooks_member_id_fkey",
      columns: [table.organizationId, table.memberId],
      foreignColumns: [members.organizationId, members.id],
    }),
    index("webhooks_organization_id_idx").on(table.organizationId, table.id).where(sql`deleted_at IS NULL`),
  ],
);

export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: uuid("id").primaryKey(),
    webhookId: uuid("webhook_id").notNull(),
    eventId: uuid("event_id").notNull(),
    type: text("type").notNull(),
    body: text("body").notNull(),
    status: text("status").notNull(),
    dueAt: instant("due_at"),
    attempts: integer("attempts").notNull().default(0),
    answers: jsonb("answers").notNull().default(sql`'[]'::jsonb`),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    foreignKey({
      name: "webhook_deliveries_webhook_id_fkey",
      columns: [table.webhookId],
      foreignColumns: [webhooks.id],
    }),
    unique("webhook_deliveries_event_key").on(table.webhookId, table.eventId),
    index("webhook_deliveries_list_idx").on(table.webhookId, table.id),
    index("webhook_deliveries_due_idx").on(table.webhookId, table.dueAt).where(sql`status = 'pending'`),
    index("webhook_deliveries_created_at_idx").on(table.createdAt),
  ],
);
