import { sql } from "drizzle-orm";
import { foreignKey, index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { members, organizations } from "./tenants.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const open = sql`accepted_at IS NULL AND withdrawn_at IS NULL`;

export const invitations = pgTable(
  "invitations",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id").notNull(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    role: text("role").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    acceptedAt: instant("accepted_at"),
    withdrawnAt: instant("withdrawn_at"),
    memberId: uuid("member_id"),
  },
  (table) => [
    foreignKey({
      name: "invitations_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    foreignKey({
      name: "invitations_member_id_fkey",
      columns: [table.organizationId, table.memberId],
      foreignColumns: [members.organizationId, members.id],
    }),
    uniqueIndex("invitations_open_key").on(table.organizationId, table.email).where(open),
    index("invitations_email_idx").on(table.email).where(open),
    index("invitations_organization_id_idx").on(table.organizationId, table.id),
  ],
);
