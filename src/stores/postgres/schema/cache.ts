import { bigint, pgTable, text } from "drizzle-orm/pg-core";

export const cacheTags = pgTable("cache_tags", {
  tag: text("tag").primaryKey(),
  version: bigint("version", { mode: "bigint" }).notNull(),
});
