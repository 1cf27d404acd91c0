import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import type { ConsumerName } from "../../domain/consumer.ts";
import type { DeadLetter } from "../../domain/deadLetter.ts";
import { type DeadLetterId, idFromUuid, uuidOf } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { deadLetters, outbox } from "../postgres/schema/changes.ts";
import { page } from "./page.ts";
import { timeOf, utc } from "./scope.ts";
import { settle, type Written } from "./written.ts";

export type DeadLetterFilter = {
  consumer?: ConsumerName | undefined;
  type?: string | undefined;
  code?: string | undefined;
  /** Those that were sent back already, or those that lie. */
  isReplayed?: boolean | undefined;
};

type Document = Omit<DeadLetter, "id" | "eventId"> & { id: string; eventId: string | null };

/** Why a letter was not sent back. */
export type CurrentLetter = { version: number; isReplayed: boolean; isEventKept: boolean };

export type DeadLetterStore = ReturnType<typeof createDeadLetterStore>;

/** The operator's alone, as its operations see to; a letter holds nobody's content. */
export function createDeadLetterStore(database: Database) {
  return {
    /** Those that died last come first. */
    async list(filter: DeadLetterFilter, { limit, after }: Page): Promise<Paged<DeadLetter>> {
      const conditions = [...conditionsOf(filter)];
      if (after !== null) conditions.push(sql`d.id < ${after}::uuid`);
      const rows = await database.query<{ id: string; document: Document }>(sql`
        SELECT d.id, ${document} AS document FROM ${deadLetters} d WHERE ${all(conditions)} ORDER BY d.id DESC LIMIT ${limit + 1}::integer`);
      return page(rows, limit, (row) => parse(row.document));
    },

    /** Sends one back to its consumer, once for each time that it died. */
    async replay(stamp: ChangeStamp, id: DeadLetterId): Promise<Written<DeadLetter, CurrentLetter>> {
      const outcome = await applyChange<Document>(database, {
        ...replay(stamp),
        write: replayedWhere(stamp, sql`d.id = ${uuidOf(id)}::uuid`),
        alongside: [dueAgain],
        current: sql`SELECT jsonb_build_object('version', d.version, 'isReplayed', d.replayed_at IS NOT NULL, 'isEventKept', ${isEventKept})
          FROM ${deadLetters} d WHERE d.id = ${uuidOf(id)}::uuid`,
      });
      return settle(outcome, parse);
    },

    /** The same for all that lie and fit, the oldest first, at most `limit`; how many. */
    async replayAll(stamp: ChangeStamp, filter: DeadLetterFilter, limit: number): Promise<number> {
      const conditions = [...conditionsOf(filter), sql`d.replayed_at IS NULL`, isEventKept];
      const chosen = sql`d.id IN (SELECT d.id FROM ${deadLetters} d WHERE ${all(conditions)} ORDER BY d.id LIMIT ${limit}::integer)`;
      const { documents } = await applyChange<Document>(database, {
        ...replay(stamp),
        write: replayedWhere(stamp, chosen),
        alongside: [dueAgain],
      });
      return documents.length;
    },
  };
}

const isEventKept = sql`EXISTS (SELECT FROM ${outbox} o WHERE o.id = d.event_id)`;

function replay(stamp: ChangeStamp) {
  return {
    stamp,
    action: "dead_letter.replay",
    eventType: "turash.dead_letter.replayed",
    patch: [{ op: "add" as const, path: "/replayedAt", value: stamp.at.toISOString() }],
  } as const;
}

/** The letters that fit and lie, noted as sent back. Their organizations are told nothing: it is the operator's affair. */
function replayedWhere(stamp: ChangeStamp, condition: SQL): SQL {
  return sql`UPDATE ${deadLetters} AS d SET replayed_at = ${timeOf(stamp)}, version = d.version + 1
    WHERE ${condition} AND d.replayed_at IS NULL AND ${isEventKept}
    RETURNING d.id, NULL::uuid AS organization_id, '{}'::uuid[] AS audience, d.version, d.event_id, d.consumer, ${document} AS document`;
}

/** Makes the events of the letters that changed await their consumers again, at once. */
const dueAgain = sql`due AS (
  UPDATE ${outbox} o SET awaiting = o.awaiting || again.consumers, due_at = '-infinity', sends = 0
  FROM (SELECT event_id, array_agg(consumer) AS consumers FROM changed GROUP BY event_id) again WHERE o.id = again.event_id)`;

function conditionsOf({ consumer, type, code, isReplayed }: DeadLetterFilter): SQL[] {
  const conditions: SQL[] = [];
  if (consumer) conditions.push(sql`d.consumer = ${consumer}`);
  if (type) conditions.push(sql`d.type = ${type}`);
  if (code) conditions.push(sql`d.code = ${code}`);
  if (isReplayed !== undefined) conditions.push(sql`(d.replayed_at IS NOT NULL) = ${isReplayed}::boolean`);
  return conditions;
}

function all(conditions: readonly SQL[]): SQL {
  return conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` AND `);
}

const document = sql`jsonb_build_object('id', d.id, 'consumer', d.consumer, 'eventId', d.event_id, 'type', d.type, 'message', d.message, 'code', d.code,
  'error', d.error, 'attempts', d.attempts, 'diedAt', d.died_at, 'replayedAt', d.replayed_at, 'version', d.version)`;

function parse({ id, eventId, diedAt, replayedAt, ...rest }: Document): DeadLetter {
  return {
    ...rest,
    id: idFromUuid("deadLetter", id),
    eventId: eventId === null ? null : idFromUuid("event", eventId),
    diedAt: utc(diedAt),
    replayedAt: replayedAt === null ? null : utc(replayedAt),
  };
}
