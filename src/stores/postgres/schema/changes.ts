import { sql } from "drizzle-orm";
import {
  bigint,
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
import { bytea, xid8 } from "../columnTypes.ts";
import { organizations } from "./tenants.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const outbox = pgTable(
  "outbox",
  {
    id: uuid("id").primaryKey(),
    sequence: bigint("sequence", { mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    xid: xid8("xid").notNull().default(sql`pg_current_xact_id()`),
    type: text("type").notNull(),
    subjectId: uuid("subject_id").notNull(),
    organizationIds: uuid("organization_ids").array().notNull(),
    data: jsonb("data").notNull(),
    occurredAt: instant("occurred_at").notNull(),
    traceparent: text("traceparent"),
    awaiting: text("awaiting").array().notNull().default(sql`ARRAY['graph', 'matching', 'feeds', 'webhooks']`),
    dueAt: instant("due_at").notNull().default(sql`'-infinity'::timestamp with time zone`),
    sends: integer("sends").notNull().default(0),
  },
  (table) => [
    index("outbox_order_idx").on(table.xid, table.sequence),
    index("outbox_due_idx").on(table.dueAt, table.xid, table.sequence).where(sql`awaiting <> '{}'`),
  ],
);

export const deadLetters = pgTable(
  "dead_letters",
  {
    id: uuid("id").primaryKey(),
    consumer: text("consumer").notNull(),
    eventId: uuid("event_id"),
    type: text("type"),
    message: text("message"),
    code: text("code").notNull(),
    error: text("error").notNull(),
    attempts: integer("attempts").notNull(),
    diedAt: instant("died_at").notNull(),
    replayedAt: instant("replayed_at"),
    version: integer("version").notNull().default(1),
  },
  (table) => [
    unique("dead_letters_event_key").on(table.eventId, table.consumer),
    index("dead_letters_died_at_idx").on(table.diedAt),
  ],
);

export const auditEntries = pgTable(
  "audit_entries",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id"),
    actor: text("actor").notNull(),
    memberId: uuid("member_id"),
    credential: text("credential").notNull(),
    action: text("action").notNull(),
    subjectId: uuid("subject_id"),
    patch: jsonb("patch"),
    requestId: text("request_id").notNull(),
    addressHash: bytea("address_hash"),
    occurredAt: instant("occurred_at").notNull(),
    xid: xid8("xid").notNull().default(sql`pg_current_xact_id()`),
    sequence: bigint("sequence", { mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    originSalt: bytea("origin_salt").default(sql`uuid_send(gen_random_uuid())`),
    patchSalt: bytea("patch_salt").default(sql`uuid_send(gen_random_uuid())`),
  },
  (table) => [
    foreignKey({
      name: "audit_entries_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    index("audit_entries_organization_id_idx").on(table.organizationId, table.id),
    index("audit_entries_order_idx").on(table.xid, table.sequence),
    index("audit_entries_member_id_idx").on(table.memberId).where(sql`member_id IS NOT NULL`),
  ],
);

export const idempotencyRecords = pgTable(
  "idempotency_records",
  {
    scope: text("scope").notNull(),
    key: text("key").notNull(),
    requestHash: bytea("request_hash").notNull(),
    answer: jsonb("answer").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ name: "idempotency_records_pkey", columns: [table.scope, table.key] }),
    index("idempotency_records_expires_at_idx").on(table.expiresAt),
  ],
);
