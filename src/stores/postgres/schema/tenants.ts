import { sql } from "drizzle-orm";
import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bytea, geographyPoint, geographyPolygon } from "../columnTypes.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

const revision = {
  version: integer("version").notNull().default(1),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
};

export const organizations = pgTable(
  "organizations",
  {
    id: uuid("id").primaryKey(),
    externalId: text("external_id"),
    name: text("name").notNull(),
    country: text("country").notNull(),
    nace: text("nace"),
    verified: boolean("verified").notNull().default(false),
    exchangesCompleted: integer("exchanges_completed").notNull().default(0),
    ...revision,
    deletedAt: instant("deleted_at"),
  },
  (table) => [
    uniqueIndex("organizations_external_id_key").on(table.externalId).where(sql`deleted_at IS NULL`),
    index("organizations_division_idx").on(sql`"left"(nace, 2)`).where(sql`deleted_at IS NULL`),
  ],
);

export const members = pgTable(
  "members",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id").notNull(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    role: text("role").notNull(),
    issuer: text("issuer"),
    subject: text("subject"),
    erasedAt: instant("erased_at"),
    ...revision,
    deletedAt: instant("deleted_at"),
  },
  (table) => [
    foreignKey({
      name: "members_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    unique("members_organization_id_id_key").on(table.organizationId, table.id),
    uniqueIndex("members_email_key").on(table.organizationId, table.email).where(sql`deleted_at IS NULL`),
    index("members_unclaimed_idx").on(table.email).where(sql`subject IS NULL AND deleted_at IS NULL`),
    uniqueIndex("members_subject_key").on(table.issuer, table.subject).where(sql`deleted_at IS NULL`),
  ],
);

export const apiKeys = pgTable(
  "api_keys",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id").notNull(),
    memberId: uuid("member_id"),
    name: text("name").notNull(),
    digest: bytea("digest").notNull(),
    hint: text("hint").notNull(),
    role: text("role").notNull(),
    scopes: text("scopes").array().notNull(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
    lastUsedAt: instant("last_used_at"),
    flowIds: uuid("flow_ids").array(),
    rotatedTo: uuid("rotated_to"),
  },
  (table) => [
    foreignKey({
      name: "api_keys_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    foreignKey({
      name: "api_keys_member_id_fkey",
      columns: [table.organizationId, table.memberId],
      foreignColumns: [members.organizationId, members.id],
    }),
    foreignKey({ name: "api_keys_rotated_to_fkey", columns: [table.rotatedTo], foreignColumns: [table.id] }),
    unique("api_keys_digest_key").on(table.digest),
    index("api_keys_organization_id_idx").on(table.organizationId, table.id),
  ],
);

export const sites = pgTable(
  "sites",
  {
    id: uuid("id").primaryKey(),
    organizationId: uuid("organization_id").notNull(),
    externalId: text("external_id"),
    name: text("name").notNull(),
    location: geographyPoint("location").notNull(),
    footprint: geographyPolygon("footprint"),
    cell: text("cell"),
    cellLocation: geographyPoint("cell_location"),
    cellRadiusMeters: doublePrecision("cell_radius_meters"),
    timeZone: text("time_zone").notNull(),
    country: text("country").notNull(),
    nace: text("nace"),
    address: jsonb("address"),
    ...revision,
    deletedAt: instant("deleted_at"),
  },
  (table) => [
    foreignKey({
      name: "sites_organization_id_fkey",
      columns: [table.organizationId],
      foreignColumns: [organizations.id],
    }),
    unique("sites_organization_id_id_key").on(table.organizationId, table.id),
    uniqueIndex("sites_external_id_key").on(table.organizationId, table.externalId).where(sql`deleted_at IS NULL`),
    index("sites_location_idx").using("gist", table.location).where(sql`deleted_at IS NULL`),
  ],
);
