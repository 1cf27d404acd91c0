import { type SQL, sql } from "drizzle-orm";
import { type ConsumerName, consumerNames } from "../../domain/consumer.ts";
import type { EventRow } from "../../domain/event.ts";
import { type EventId, uuidOf } from "../../domain/ids.ts";
import type { Database } from "../postgres/client.ts";
import { deadLetters, outbox } from "../postgres/schema/changes.ts";

/** An event that is to be sent, with whom it awaits. */
export type DueEvent = EventRow & { awaiting: readonly ConsumerName[]; sends: number };

/** How the way of events stands. Ages are in seconds. */
export type OutboxStatus = {
  /** Events that no relay has sent as yet. */
  unsent: number;
  oldestUnsentSeconds: number | null;
  consumers: {
    consumer: ConsumerName;
    /** Events that it has not dealt with. */
    waiting: number;
    oldestWaitingSeconds: number | null;
    /** What it gave up on and nobody has replayed. */
    deadLetters: number;
  }[];
};

/** What a consumer gave up on. */
export type Burial = { eventUuid: string; code: string; error: string; attempts: number };

export type OutboxStore = ReturnType<typeof createOutboxStore>;

export function createOutboxStore(database: Database) {
  return {
    /**
     * Takes the events that are due, oldest first, so that no other relay does before the lease ends. One that was sent
     * `maximumSends` times without being dealt with is due no more; `buryLost` sees to those.
     */
    async lease(at: Date, options: { limit: number; leaseSeconds: number; maximumSends: number }): Promise<DueEvent[]> {
      return database.query<DueEvent>(sql`
        WITH due AS MATERIALIZED (
          SELECT id FROM ${outbox} WHERE awaiting <> '{}' AND due_at <= ${time(at)} AND sends < ${options.maximumSends}::integer
          ORDER BY due_at, xid, sequence LIMIT ${options.limit}::integer FOR UPDATE SKIP LOCKED),
        leased AS (
          UPDATE ${outbox} o SET due_at = ${time(at)} + make_interval(secs => ${options.leaseSeconds}::double precision)
          FROM due WHERE o.id = due.id RETURNING o.*)
        SELECT id, type, subject_id AS "subjectId", to_json(organization_ids) AS "organizationIds", to_json(occurred_at) #>> '{}' AS time, data,
          traceparent, to_json(awaiting) AS awaiting, sends
        FROM leased ORDER BY xid, sequence`);
    },

    /** Notes that events were sent; those that are not dealt with are due again after a while, twice as long each time. */
    async markSent(ids: readonly string[], at: Date, resendAfterSeconds: number): Promise<void> {
      await database.query(sql`
        UPDATE ${outbox} SET sends = sends + 1,
          due_at = ${time(at)} + make_interval(secs => ${resendAfterSeconds}::double precision * 2 ^ least(sends, ${maximumDoublings}::integer))
        WHERE id = ANY(${textArray(ids)}::uuid[])`);
    },

    /** Takes a consumer out of those that events await. In the order of ids, so that two consumers never wait for each other. */
    async complete(consumer: ConsumerName, eventIds: readonly EventId[]): Promise<void> {
      await database.query(sql`
        WITH own AS MATERIALIZED (SELECT id FROM ${outbox} WHERE id = ANY(${textArray(eventIds.map(uuidOf))}::uuid[]) ORDER BY id FOR UPDATE)
        UPDATE ${outbox} o SET awaiting = array_remove(o.awaiting, ${consumer}) FROM own WHERE o.id = own.id`);
    },

    /**
     * Keeps what a consumer gave up on, and takes it out of those that the events await; one statement. An event that dies
     * again after a replay has one letter still.
     */
    async bury(consumer: ConsumerName, burials: readonly Burial[], at: Date): Promise<void> {
      const rows = burials.map(({ eventUuid, ...burial }) => ({ event_id: eventUuid, ...burial }));
      await database.query(sql`
        WITH given AS MATERIALIZED (
          SELECT b.event_id, b.code, b.error, b.attempts FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            AS b (event_id uuid, code text, error text, attempts integer)),
        own AS MATERIALIZED (SELECT o.id, o.type FROM ${outbox} o WHERE o.id IN (SELECT event_id FROM given) ORDER BY o.id FOR UPDATE),
        taken AS (UPDATE ${outbox} o SET awaiting = array_remove(o.awaiting, ${consumer}) FROM own WHERE o.id = own.id)
        ${insertLetters(sql`SELECT uuid_v7(${time(at)}), ${consumer}, g.event_id, own.type, g.code, g.error, g.attempts, ${time(at)}
          FROM given g LEFT JOIN own ON own.id = g.event_id`)}`);
    },

    /** Keeps a message that is no event. */
    async buryMessage(
      consumer: ConsumerName,
      { message, ...burial }: Omit<Burial, "eventUuid"> & { message: string },
      at: Date,
    ): Promise<void> {
      await database.query(sql`
        INSERT INTO ${deadLetters} (id, consumer, message, code, error, attempts, died_at)
        VALUES (uuid_v7(${time(at)}), ${consumer}, ${message}, ${burial.code}, ${burial.error}, ${burial.attempts}::integer, ${time(at)})`);
    },

    /** Gives up on events that were sent often enough and that somebody still has not dealt with; how many letters that made. */
    async buryLost(at: Date, maximumSends: number): Promise<number> {
      const rows = await database.query(sql`
        WITH lost AS MATERIALIZED (
          SELECT id, type, awaiting, sends FROM ${outbox} WHERE awaiting <> '{}' AND due_at <= ${time(at)} AND sends >= ${maximumSends}::integer
          ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED),
        taken AS (UPDATE ${outbox} o SET awaiting = '{}' FROM lost WHERE o.id = lost.id)
        ${insertLetters(sql`SELECT uuid_v7(${time(at)}), consumer, lost.id, lost.type, 'never_done', 'It was sent and never dealt with.', lost.sends, ${time(at)}
          FROM lost CROSS JOIN unnest(lost.awaiting) AS consumer`)} RETURNING 1`);
      return rows.length;
    },

    async readStatus(at: Date): Promise<OutboxStatus> {
      const [row] = await database.query<{ status: OutboxStatus }>(sql`
        WITH undone AS MATERIALIZED (SELECT awaiting, sends, occurred_at FROM ${outbox} WHERE awaiting <> '{}'),
        names AS (SELECT name, ordinality FROM unnest(${textArray(consumerNames)}::text[]) WITH ORDINALITY AS n (name, ordinality))
        SELECT jsonb_build_object(
          'unsent', (SELECT count(*) FROM undone WHERE sends = 0),
          'oldestUnsentSeconds', (SELECT ${age(at, sql`min(occurred_at)`)} FROM undone WHERE sends = 0),
          'consumers', (SELECT jsonb_agg(jsonb_build_object('consumer', name,
            'waiting', (SELECT count(*) FROM undone WHERE name = ANY(awaiting)),
            'oldestWaitingSeconds', (SELECT ${age(at, sql`min(occurred_at)`)} FROM undone WHERE name = ANY(awaiting)),
            'deadLetters', (SELECT count(*) FROM ${deadLetters} d WHERE d.consumer = name AND d.replayed_at IS NULL)) ORDER BY ordinality) FROM names)) AS status`);
      return row!.status;
    },
  };
}

/** Beyond this many, the time until an event is sent again doubles no more. */
const maximumDoublings = 6;

function insertLetters(select: SQL): SQL {
  return sql`INSERT INTO ${deadLetters} AS d (id, consumer, event_id, type, code, error, attempts, died_at) ${select}
    ON CONFLICT (event_id, consumer) DO UPDATE SET code = excluded.code, error = excluded.error, attempts = excluded.attempts,
      died_at = excluded.died_at, replayed_at = NULL, version = d.version + 1`;
}

function age(at: Date, since: SQL): SQL {
  return sql`round(extract(epoch FROM ${time(at)} - ${since})::numeric, 3)`;
}

function time(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}

/** An array as one parameter. */
function textArray(values: readonly string[]): SQL {
  return sql`${`{${values.join(",")}}`}`;
}
