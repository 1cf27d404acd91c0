import { sql } from "drizzle-orm";
import {
  boolean,
  date,
  doublePrecision,
  foreignKey,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
} from "drizzle-orm/pg-core";

export const grades = pgTable(
  "grades",
  {
    slug: text("slug").primaryKey(),
    kind: text("kind").notNull(),
    parent: text("parent"),
    name: text("name").notNull(),
    content: jsonb("content").notNull(),
  },
  (table) => [
    unique("grades_kind_slug_key").on(table.kind, table.slug),
    foreignKey({
      name: "grades_parent_fkey",
      columns: [table.kind, table.parent],
      foreignColumns: [table.kind, table.slug],
    }),
  ],
);

export const substitutions = pgTable(
  "substitutions",
  {
    output: text("output").notNull(),
    input: text("input").notNull(),
    qualityFactor: doublePrecision("quality_factor").notNull(),
    content: jsonb("content").notNull(),
  },
  (table) => [
    primaryKey({ name: "substitutions_pkey", columns: [table.output, table.input] }),
    foreignKey({ name: "substitutions_output_fkey", columns: [table.output], foreignColumns: [grades.slug] }),
    foreignKey({ name: "substitutions_input_fkey", columns: [table.input], foreignColumns: [grades.slug] }),
  ],
);

export const ewcCodes = pgTable("ewc_codes", { code: text("code").primaryKey() });

export const ewcEntries = pgTable(
  "ewc_entries",
  {
    code: text("code").notNull(),
    appliesFrom: date("applies_from").notNull(),
    edition: text("edition").notNull(),
    entry: text("entry").notNull(),
    hazardous: boolean("hazardous").notNull().generatedAlwaysAs(sql`entry IN ('AH', 'MH')`),
    chapter: text("chapter").notNull(),
    subChapter: text("sub_chapter").notNull(),
    description: text("description").notNull(),
    mirrorCodes: text("mirror_codes").array().notNull(),
  },
  (table) => [
    primaryKey({ name: "ewc_entries_pkey", columns: [table.code, table.appliesFrom] }),
    foreignKey({ name: "ewc_entries_code_fkey", columns: [table.code], foreignColumns: [ewcCodes.code] }),
  ],
);
