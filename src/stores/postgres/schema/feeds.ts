import { sql } from "drizzle-orm";
import { bigint, boolean, foreignKey, index, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { xid8 } from "../columnTypes.ts";
import { outbox } from "./changes.ts";

export const eventLog = pgTable("event_log", {
  id: boolean("id").primaryKey().default(true),
  epoch: uuid("epoch").notNull().default(sql`gen_random_uuid()`),
  begunAt: timestamp("begun_at", { withTimezone: true }).notNull().default(sql`now()`),
  forgottenXid: xid8("forgotten_xid").notNull().default(sql`'0'::xid8`),
  forgottenSequence: bigint("forgotten_sequence", { mode: "number" }).notNull().default(0),
});

export const eventAudience = pgTable(
  "event_audience",
  {
    organizationId: uuid("organization_id").notNull(),
    xid: xid8("xid").notNull(),
    sequence: bigint("sequence", { mode: "number" }).notNull(),
    eventId: uuid("event_id").notNull(),
    type: text("type").notNull(),
  },
  (table) => [
    primaryKey({ name: "event_audience_pkey", columns: [table.organizationId, table.xid, table.sequence] }),
    foreignKey({
      name: "event_audience_event_id_fkey",
      columns: [table.eventId],
      foreignColumns: [outbox.id],
    }).onDelete("cascade"),
    index("event_audience_event_id_idx").on(table.eventId),
  ],
);
