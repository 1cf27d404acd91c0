import { bigint, boolean, foreignKey, pgTable, primaryKey, timestamp, unique, uuid } from "drizzle-orm/pg-core";
import { bytea, xid8 } from "../columnTypes.ts";

export const auditChains = pgTable("audit_chains", {
  chainId: uuid("chain_id").primaryKey(),
  number: bigint("number", { mode: "number" }).notNull(),
  link: bytea("link").notNull(),
  prunedNumber: bigint("pruned_number", { mode: "number" }).notNull().default(0),
  prunedLink: bytea("pruned_link").notNull(),
});

export const auditSealing = pgTable("audit_sealing", {
  id: boolean("id").primaryKey().default(true),
  xid: xid8("xid").notNull(),
  sequence: bigint("sequence", { mode: "number" }).notNull(),
});

export const auditSeals = pgTable(
  "audit_seals",
  {
    chainId: uuid("chain_id").notNull(),
    number: bigint("number", { mode: "number" }).notNull(),
    entryId: uuid("entry_id").notNull(),
    fixedDigest: bytea("fixed_digest").notNull(),
    originDigest: bytea("origin_digest").notNull(),
    patchDigest: bytea("patch_digest").notNull(),
    link: bytea("link").notNull(),
    sealedAt: timestamp("sealed_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ name: "audit_seals_pkey", columns: [table.chainId, table.number] }),
    foreignKey({ name: "audit_seals_chain_id_fkey", columns: [table.chainId], foreignColumns: [auditChains.chainId] }),
    unique("audit_seals_entry_id_key").on(table.entryId),
  ],
);
