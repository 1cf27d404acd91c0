import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import type { EventRow } from "../../domain/event.ts";
import type { EventType } from "../../domain/eventCatalogue.ts";
import { type EventCursor, type EventPlace, isWithin, shortenEpoch } from "../../domain/eventCursor.ts";
import { uuidOf } from "../../domain/ids.ts";
import type { Database } from "../postgres/client.ts";
import { outbox } from "../postgres/schema/changes.ts";
import { eventAudience, eventLog } from "../postgres/schema/feeds.ts";
import { noteAccess } from "./scope.ts";

/** Where to read from: behind a cursor, from the first event that is kept, or only what comes from now on. */
export type EventStart = EventCursor | "oldest" | "now";

export type EventSlice = {
  rows: (EventRow & { place: EventPlace })[];
  /** Behind all that was looked at, of whatever type. */
  next: EventCursor;
  /** Whether there was more to look at than fitted. */
  isMore: boolean;
  /** Whether events are committed that cannot be given yet, for an older transaction still runs. */
  isHeldBack: boolean;
};

/** A cursor that leads nowhere: of another history, or before what is kept. */
export type Expired = "other_epoch" | "forgotten";

type SliceDocument = {
  epoch: string;
  horizon: string;
  forgotten: EventPlace;
  /** The place of the last entry that may be looked at, where there are as many and few of them were wanted. */
  bound: EventPlace | null;
  isHeldBack: boolean;
  rows: (EventRow & { place: EventPlace })[];
};

/** Entries that one statement looks at for those of the wanted types: what bounds its time. */
export const maximumLooked = 2_000;

export type EventStore = ReturnType<typeof createEventStore>;

export function createEventStore(database: Database) {
  return {
    /**
     * The next events of these types that the caller's organization may see, oldest first; the operator's are all, and enter the
     * audit logs of those who may see them. Only what is below every transaction that still runs is given, in the order of
     * (transaction, sequence): nothing can commit later at a place that was passed.
     */
    async read(
      stamp: ChangeStamp,
      start: EventStart,
      types: readonly EventType[],
      limit: number,
    ): Promise<EventSlice | Expired> {
      const [row] = await database.query<{ slice: SliceDocument }>(sliceStatement(stamp, start, types, limit));
      const { epoch: uuid, horizon, forgotten, bound, isHeldBack, rows } = row!.slice;
      const epoch = shortenEpoch(uuid);
      if (typeof start === "object") {
        // A place ahead of all that there is can only be of another history, whether or not its epoch was ended.
        if (start.epoch !== epoch || !isWithin(start, { xid: horizon, sequence: "0" })) return "other_epoch";
        if (!isWithin(forgotten, start)) return "forgotten";
      }
      const given = rows.slice(0, limit);
      const place = rows.length > limit ? given.at(-1)!.place : bound;
      const next = { epoch, ...(place ?? { xid: horizon, sequence: "0" }) };
      return { rows: given, next, isMore: place !== null, isHeldBack };
    },
  };
}

function sliceStatement(stamp: ChangeStamp, start: EventStart, types: readonly EventType[], limit: number): SQL {
  const { actor } = stamp;
  const log = sql`(SELECT epoch, pg_snapshot_xmin(pg_current_snapshot()) AS horizon, forgotten_xid, forgotten_sequence FROM ${eventLog})`;
  const entries =
    actor.kind === "operator"
      ? sql`(SELECT o.xid, o.sequence, o.id AS event_id, o.type FROM ${outbox} o WHERE true`
      : sql`(SELECT a.xid, a.sequence, a.event_id, a.type FROM ${eventAudience} a WHERE a.organization_id = ${uuidOf(actor.organizationId)}::uuid`;
  const after =
    start === "now"
      ? sql`false`
      : start === "oldest"
        ? sql`true`
        : sql`(xid, sequence) > (${start.xid}::xid8, ${start.sequence}::bigint)`;
  const horizon = sql`(SELECT horizon FROM log)`;
  const accessed =
    actor.kind === "operator"
      ? sql`, accessed AS (${noteAccess(
          stamp,
          "event.list",
          sql`(SELECT id, unnest(organization_ids) AS organization_id FROM (SELECT * FROM given ORDER BY xid, sequence LIMIT ${limit}::integer) shown) seen`,
        )})`
      : sql``;
  const ahead = sql`${entries} AND ${after} AND xid < ${horizon} ORDER BY xid, sequence`;
  // In order, by an index, and no further than needed: the bound is looked for only where it stopped the search.
  return sql`WITH log AS MATERIALIZED ${log},
    taken AS MATERIALIZED (SELECT event_id FROM ${ahead} LIMIT ${maximumLooked}::integer) looked WHERE type = ANY(${`{${types.join(",")}}`}::text[]) ORDER BY xid, sequence LIMIT ${limit + 1}::integer),
    given AS MATERIALIZED (SELECT o.* FROM taken JOIN ${outbox} o ON o.id = taken.event_id)${accessed}
    SELECT jsonb_build_object('epoch', epoch, 'horizon', horizon::text,
      'forgotten', ${placeOf(sql`forgotten_xid`, sql`forgotten_sequence`)},
      'bound', CASE WHEN (SELECT count(*) FROM taken) <= ${limit}::integer THEN
        (SELECT ${placeOf(sql`xid`, sql`sequence`)} FROM ${ahead} OFFSET ${maximumLooked - 1}::integer LIMIT 1) last) END,
      'isHeldBack', (SELECT true FROM ${entries} AND xid >= ${horizon} ORDER BY xid, sequence LIMIT 1) held) IS NOT NULL,
      'rows', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'type', type, 'subjectId', subject_id, 'organizationIds', organization_ids,
        'time', occurred_at, 'data', data, 'traceparent', traceparent, 'place', ${placeOf(sql`xid`, sql`sequence`)}) ORDER BY xid, sequence), '[]') FROM given)) AS slice
    FROM log`;
}

function placeOf(xid: SQL, sequence: SQL): SQL {
  return sql`jsonb_build_object('xid', ${xid}::text, 'sequence', ${sequence}::text)`;
}
