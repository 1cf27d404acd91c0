import { sql } from "drizzle-orm";
import { boolean, foreignKey, index, integer, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { organizations } from "./tenants.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const programmes = pgTable(
  "programmes",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id").notNull(),
    name: text("name").notNull(),
    description: text("description"),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    deletedAt: instant("deleted_at"),
  },
  (table) => [
    foreignKey({
      name: "programmes_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    index("programmes_organization_id_idx").on(table.organizationId, table.id).where(sql`deleted_at IS NULL`),
  ],
);

export const programmeParticipants = pgTable(
  "programme_participants",
  {
    programmeId: uuid("programme_id").notNull(),
    organizationId: uuid("organization_id").notNull(),
    state: text("state").notNull(),
    sharesWithFacilitators: boolean("shares_with_facilitators").notNull().default(false),
    version: integer("version").notNull().default(1),
    invitedAt: instant("invited_at").notNull(),
    joinedAt: instant("joined_at"),
    leftAt: instant("left_at"),
  },
  (table) => [
    primaryKey({ name: "programme_participants_pkey", columns: [table.programmeId, table.organizationId] }),
    foreignKey({
      name: "programme_participants_programme_id_fkey",
      columns: [table.programmeId],
      foreignColumns: [programmes.id],
    }),
    index("programme_participants_organization_id_idx")
      .on(table.organizationId, table.programmeId)
      .where(sql`state <> 'left'`),
    index("programme_participants_all_idx").on(table.organizationId),
  ],
);
