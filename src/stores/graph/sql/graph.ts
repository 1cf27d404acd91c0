import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { type NetworkNoun, networkNouns } from "../../../domain/network.ts";
import { hashRecord, hashText } from "../../../domain/networkHash.ts";
import type { Database } from "../../postgres/client.ts";
import {
  graphExchanges,
  graphFlows,
  graphGenerations,
  graphGrades,
  graphMatches,
  graphOrganizations,
  graphSites,
} from "../../postgres/schema/graph.ts";
import { contentColumns, entryColumns, recordOf } from "../columns.ts";
import { cutToLimits } from "../cut.ts";
import { type FoundDocument, parseFound } from "../found.ts";
import type { Generations, Graph, HeldRecord, NetworkEntry, NounSummary } from "../port.ts";
import { createReads } from "../reads.ts";
import { questionStatement } from "./question.ts";
import { current, textArray } from "./sight.ts";

const tables: Record<NetworkNoun, PgTable> = {
  organization: graphOrganizations,
  site: graphSites,
  flow: graphFlows,
  grade: graphGrades,
  match: graphMatches,
  exchange: graphExchanges,
};

/** The graph in tables of the database itself, of which its migrations make the tables. */
export function createSqlGraph(database: Database): Graph {
  return {
    kind: "sql",
    ...createReads(async (viewer, start, question, limits) => {
      const [row] = await database.query<FoundDocument>(questionStatement(viewer, start, question, limits));
      return cutToLimits(parseFound(row!), limits);
    }),

    async migrate() {
      await database.query(firstGeneration(new Date()));
    },

    async apply(entries, into) {
      const writes = writesOf(entries);
      if (writes.length === 0) return;
      const isMeant = into === undefined ? sql`true` : sql`id::text = ${into}`;
      const statement = sql`WITH generation AS MATERIALIZED (SELECT id FROM ${graphGenerations} WHERE state <> 'retired' AND ${isMeant}),
        ${sql.join(writes, sql`, `)} SELECT count(*)::integer AS generations FROM generation`;
      const [row] = await database.query<{ generations: number }>(statement);
      // Somebody has emptied the graph by hand: it begins anew.
      if (row!.generations === 0 && into === undefined) await database.batch([firstGeneration(new Date()), statement]);
    },

    async remove(noun, ids) {
      await database.query(sql`DELETE FROM ${tables[noun]} t USING ${graphGenerations} g
        WHERE g.id = t.generation AND g.state <> 'retired' AND t.id = ANY (${textArray(ids)})`);
    },

    async generations() {
      const rows = await database.query<{ label: string; state: string; since: string }>(
        sql`SELECT id::text AS label, state, to_json(since) #>> '{}' AS since FROM ${graphGenerations} ORDER BY id`,
      );
      const find = (state: string): Generations["current"] => {
        const row = rows.find((generation) => generation.state === state);
        return row ? { label: row.label, since: new Date(row.since).toISOString() } : null;
      };
      const retired = rows.filter(({ state }) => state === "retired").length;
      return { current: find("current"), building: find("building"), retired };
    },

    async beginGeneration(at) {
      const [row] = await database.query<{ label: string }>(sql`
        INSERT INTO ${graphGenerations} AS g (state, since) VALUES ('building', ${time(at)})
        ON CONFLICT (state) WHERE state <> 'retired' DO UPDATE SET since = g.since RETURNING id::text AS label`);
      return row!.label;
    },

    async switchGeneration(label, at) {
      // In one transaction and in this order, for at no time can there be two that are read.
      const [, rows] = await database.batch<[unknown[], unknown[]]>([
        sql`UPDATE ${graphGenerations} SET state = 'retired', since = ${time(at)} WHERE state = 'current'
          AND EXISTS (SELECT FROM ${graphGenerations} b WHERE b.state = 'building' AND b.id::text = ${label})`,
        sql`UPDATE ${graphGenerations} SET state = 'current', since = ${time(at)} WHERE state = 'building' AND id::text = ${label} RETURNING id`,
      ]);
      // So many new rows that the planner would not know of them for a while.
      if (rows.length > 0) await database.query(sql`ANALYZE ${sql.join(Object.values(tables), sql`, `)}`);
      return rows.length > 0;
    },

    async abandonGeneration(at) {
      await database.query(
        sql`UPDATE ${graphGenerations} SET state = 'retired', since = ${time(at)} WHERE state = 'building'`,
      );
    },

    async dropRetired(before, limit) {
      const rows = await database.batch<unknown[][]>([
        ...Object.values(tables).map(
          (
            table,
          ) => sql`DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM ${table} t JOIN ${graphGenerations} g ON g.id = t.generation
            WHERE g.state = 'retired' AND g.since < ${time(before)} LIMIT ${limit}::integer))`,
        ),
        sql`DELETE FROM ${graphGenerations} g WHERE g.state = 'retired' AND g.since < ${time(before)} AND ${sql.join(
          Object.values(tables).map((table) => sql`NOT EXISTS (SELECT FROM ${table} t WHERE t.generation = g.id)`),
          sql` AND `,
        )}`,
        sql`SELECT 1 FROM ${graphGenerations} g WHERE g.state = 'retired' AND g.since < ${time(before)}`,
      ]);
      return rows.at(-1)!.length > 0;
    },

    async summarize() {
      const counts = networkNouns.map(
        (noun) =>
          sql`SELECT ${noun}::text AS noun, count(*)::integer AS count, coalesce(sum(hash), 0)::text AS hash FROM ${tables[noun]} WHERE generation = ${current} AND NOT is_gone`,
      );
      const rows = await database.query<{ noun: NetworkNoun } & NounSummary>(sql.join(counts, sql` UNION ALL `));
      return Object.fromEntries(rows.map(({ noun, count, hash }) => [noun, { count, hash }])) as Record<
        NetworkNoun,
        NounSummary
      >;
    },

    async listHeld(noun, { after, until }, limit) {
      const rows = await database.query<{ held: { id: string; version: number } & Record<string, unknown> }>(sql`
        SELECT json_build_object('id', id, 'version', version, ${contentPairs(noun)}) AS held FROM ${tables[noun]}
        WHERE generation = ${current} AND NOT is_gone ${after === null ? sql`` : sql`AND id > ${after}`} ${until === null ? sql`` : sql`AND id <= ${until}`}
        ORDER BY id LIMIT ${limit}::integer`);
      return rows.map(({ held }): HeldRecord => {
        const record = recordOf(noun, held);
        return { id: held.id, version: held.version, hash: hashText(hashRecord(record)) };
      });
    },
  };
}

/** For each noun among the entries an expression that writes them, into each generation that is not retired. */
function writesOf(entries: readonly NetworkEntry[]): SQL[] {
  return networkNouns.flatMap((noun) => {
    const rows = entryColumns(noun, entries).map(({ content, ...row }) => ({ ...row, ...content }));
    if (rows.length === 0) return [];
    const content = Object.entries(contentColumns[noun]);
    const types = content.map(([name, type]) => `"${name}" ${type}`).join(", ");
    const names = sql.raw(["version", "is_gone", "hash", ...content.map(([name]) => columnName(name))].join(", "));
    const values = sql.raw(
      ["version", '"isGone"', "hash", ...content.map(([name]) => `"${name}"`)].map((name) => `r.${name}`).join(", "),
    );
    const excluded = sql.raw(
      ["version", "is_gone", "hash", ...content.map(([name]) => columnName(name))]
        .map((name) => `excluded.${name}`)
        .join(", "),
    );
    return [
      sql`${sql.raw(`${noun}_rows`)} AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS r (id text, version bigint, "isGone" boolean, hash bigint, replaces bigint, ${sql.raw(types)}))`,
      sql`${sql.raw(`${noun}_written`)} AS (
        INSERT INTO ${tables[noun]} AS t (generation, id, ${names})
        SELECT g.id, r.id, ${values} FROM ${sql.raw(`${noun}_rows`)} r CROSS JOIN generation g
        ON CONFLICT (generation, id) DO UPDATE SET (${names}) = ROW(${excluded})
        WHERE t.version < excluded.version${
          // Only where it is asked, for the rows are looked through for each conflict.
          rows.some(({ replaces }) => replaces !== null)
            ? sql` OR t.version = (SELECT o.replaces FROM ${sql.raw(`${noun}_rows`)} o WHERE o.id = excluded.id)`
            : sql``
        })`,
    ];
  });
}

function firstGeneration(at: Date): SQL {
  return sql`INSERT INTO ${graphGenerations} (state, since) VALUES ('current', ${time(at)}) ON CONFLICT (state) WHERE state <> 'retired' DO NOTHING`;
}

function contentPairs(noun: NetworkNoun): SQL {
  return sql.raw(
    Object.keys(contentColumns[noun])
      .map((name) => `'${name}', ${columnName(name)}`)
      .join(", "),
  );
}

function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function time(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}
