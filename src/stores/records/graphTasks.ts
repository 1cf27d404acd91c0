import { sql } from "drizzle-orm";
import type { NetworkNoun } from "../../domain/network.ts";
import type { Database } from "../postgres/client.ts";
import { graphTasks } from "../postgres/schema/graph.ts";

/** How far a rebuild of the graph has come. */
export type Rebuild = {
  /** The generation that it fills. */
  label: string;
  state: "running" | "done";
  /** Where it goes on: a noun and the last id that was written; the noun is null once all have been. */
  noun: NetworkNoun | null;
  after: string | null;
  /** Records written so far, deleted ones among them. */
  written: number;
  startedAt: string;
  updatedAt: string;
  finishedAt: string | null;
};

export type GraphTaskStore = ReturnType<typeof createGraphTaskStore>;

export function createGraphTaskStore(database: Database) {
  const find = async (): Promise<Rebuild | null> => {
    const [row] = await database.query<{ task: Rebuild }>(sql`
      SELECT json_build_object('label', label, 'state', state, 'noun', noun, 'after', after_id, 'written', progress -> 'written',
        'startedAt', started_at, 'updatedAt', updated_at, 'finishedAt', finished_at) AS task FROM ${graphTasks} WHERE name = 'rebuild'`);
    if (!row) return null;
    const { startedAt, updatedAt, finishedAt, ...task } = row.task;
    const utc = (time: string) => new Date(time).toISOString();
    return { ...task, startedAt: utc(startedAt), updatedAt: utc(updatedAt), finishedAt: finishedAt && utc(finishedAt) };
  };

  return {
    findRebuild: find,

    /** Begins a rebuild in place of the last one, but for one that another caller began with the same generation. */
    async startRebuild(label: string, noun: NetworkNoun, at: Date): Promise<void> {
      const time = sql`${at.toISOString()}::timestamptz`;
      await database.query(sql`
        INSERT INTO ${graphTasks} AS t (name, label, state, noun, progress, started_at, updated_at)
        VALUES ('rebuild', ${label}, 'running', ${noun}, '{"written": 0}', ${time}, ${time})
        ON CONFLICT (name) DO UPDATE SET label = excluded.label, state = 'running', noun = excluded.noun, after_id = NULL, progress = excluded.progress,
          started_at = excluded.started_at, updated_at = excluded.updated_at, finished_at = NULL
        WHERE t.label IS DISTINCT FROM excluded.label`);
    },

    /** Notes a step, where nobody else has gone on from the same place; whether it did. */
    async advanceRebuild(from: Rebuild, to: Pick<Rebuild, "noun" | "after" | "written">, at: Date): Promise<boolean> {
      const rows = await database.query(sql`
        UPDATE ${graphTasks} SET noun = ${to.noun}, after_id = ${to.after}, progress = jsonb_build_object('written', ${to.written}::integer),
          updated_at = ${at.toISOString()}::timestamptz
        WHERE name = 'rebuild' AND state = 'running' AND label = ${from.label} AND noun IS NOT DISTINCT FROM ${from.noun}
          AND after_id IS NOT DISTINCT FROM ${from.after} RETURNING 1`);
      return rows.length > 0;
    },

    async finishRebuild(label: string, at: Date): Promise<void> {
      const time = sql`${at.toISOString()}::timestamptz`;
      await database.query(sql`UPDATE ${graphTasks} SET state = 'done', updated_at = ${time}, finished_at = ${time}
        WHERE name = 'rebuild' AND state = 'running' AND label = ${label}`);
    },
  };
}
