import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  type PgColumnBuilderBase,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const graphGenerations = pgTable(
  "graph_generations",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    state: text("state").notNull(),
    since: instant("since").notNull(),
  },
  (table) => [uniqueIndex("graph_generations_state_key").on(table.state).where(sql`state <> 'retired'`)],
);

/** What the tables of all nouns have in common. */
const held = () => ({
  generation: integer("generation").notNull(),
  id: text("id").notNull(),
  version: bigint("version", { mode: "number" }).notNull(),
  isGone: boolean("is_gone").notNull(),
  hash: bigint("hash", { mode: "number" }),
});

/** A table of one noun, with indexes over the generation and one more column of what stands. */
function recordsOf<Name extends string, Columns extends Record<string, PgColumnBuilderBase>>(
  name: Name,
  columns: Columns,
  indexed: readonly string[],
  arrayColumn?: string,
) {
  return pgTable(name, { ...held(), ...columns }, (table) => [
    primaryKey({ name: `${name}_pkey`, columns: [table.generation, table.id] }),
    foreignKey({
      name: `${name}_generation_fkey`,
      columns: [table.generation],
      foreignColumns: [graphGenerations.id],
    }),
    ...indexed.map((column) =>
      index(`${name}_${column.replace(/^cell_/, "")}_idx`)
        .on(table.generation, sql.raw(column))
        .where(sql`NOT is_gone`),
    ),
    ...(arrayColumn
      ? [index(`${name}_${arrayColumn}_idx`).using("gin", sql.raw(arrayColumn)).where(sql`NOT is_gone`)]
      : []),
  ]);
}

export const graphOrganizations = recordsOf(
  "graph_organizations",
  {
    name: text("name"),
    country: text("country"),
    nace: text("nace"),
    programmeIds: text("programme_ids").array(),
    facilitatorIds: text("facilitator_ids").array(),
  },
  [],
  "facilitator_ids",
);

export const graphSites = recordsOf(
  "graph_sites",
  {
    organizationId: text("organization_id"),
    name: text("name"),
    longitude: doublePrecision("longitude"),
    latitude: doublePrecision("latitude"),
    cell: text("cell"),
    cellLongitude: doublePrecision("cell_longitude"),
    cellLatitude: doublePrecision("cell_latitude"),
    cellRadiusMeters: doublePrecision("cell_radius_meters"),
  },
  ["cell_latitude"],
);

export const graphFlows = recordsOf(
  "graph_flows",
  {
    organizationId: text("organization_id"),
    siteId: text("site_id"),
    direction: text("direction"),
    kind: text("kind"),
    grade: text("grade"),
    title: text("title"),
    status: text("status"),
    visibility: text("visibility"),
  },
  ["organization_id", "site_id"],
);

export const graphGrades = recordsOf("graph_grades", { kind: text("kind"), parent: text("parent") }, []);

export const graphMatches = recordsOf(
  "graph_matches",
  {
    outputFlowId: text("output_flow_id"),
    inputFlowId: text("input_flow_id"),
    isOpen: boolean("is_open"),
    score: doublePrecision("score"),
    value: doublePrecision("value"),
    outputScore: doublePrecision("output_score"),
    outputValue: doublePrecision("output_value"),
    inputScore: doublePrecision("input_score"),
    inputValue: doublePrecision("input_value"),
    othersScore: doublePrecision("others_score"),
    othersValue: doublePrecision("others_value"),
  },
  ["output_flow_id", "input_flow_id"],
);

export const graphExchanges = recordsOf(
  "graph_exchanges",
  {
    outputFlowId: text("output_flow_id"),
    inputFlowId: text("input_flow_id"),
    amount: doublePrecision("amount"),
    unit: text("unit"),
    since: text("since"),
    visibility: text("visibility"),
  },
  ["output_flow_id", "input_flow_id"],
);

export const graphTasks = pgTable("graph_tasks", {
  name: text("name").primaryKey(),
  label: text("label"),
  state: text("state").notNull(),
  noun: text("noun"),
  afterId: text("after_id"),
  progress: jsonb("progress").notNull(),
  startedAt: instant("started_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
  finishedAt: instant("finished_at"),
});
