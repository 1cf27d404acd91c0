import { type Actor, scopesOfRole } from "../../src/domain/actor.ts";
import type { EventCursor } from "../../src/domain/eventCursor.ts";
import { createId, uuidOf } from "../../src/domain/ids.ts";
import type { Ending, Hint, LiveSettings } from "../../src/domain/liveEvents.ts";
import { liveSettingsSchema } from "../../src/domain/liveEvents.ts";
import type { RequestContext } from "../../src/operations/context.ts";
import type { Hints, Listener, LiveRequest, Told } from "../../src/operations/eventStream.ts";
import type { EventPage } from "../../src/operations/events.ts";
import { listEvents } from "../../src/operations/events.ts";
import type { EventSlice, EventStart } from "../../src/stores/records/events.ts";

const epoch = "0123456789ab";

type Written = { id: string; xid: number; sequence: number; isCommitted: boolean };

/** Events as PostgreSQL orders them: a transaction takes its number when it writes, and is seen when it commits. */
export function createEventHistory() {
  const written: Written[] = [];
  let nextXid = 1;
  const horizon = () => Math.min(...written.filter(({ isCommitted }) => !isCommitted).map(({ xid }) => xid), nextXid);
  return {
    /** The ids of all, in the order of reading. */
    ids: () => written.toSorted((a, b) => a.xid - b.xid || a.sequence - b.sequence).map(({ id }) => id),
    /** Writes so many events in one transaction that commits when the answer is called. */
    begin(count = 1): () => void {
      const xid = nextXid++;
      const own = Array.from({ length: count }, () => ({
        id: crypto.randomUUID(),
        xid,
        sequence: written.length,
        isCommitted: false,
      }));
      for (const each of own) written.push({ ...each, sequence: written.length + 1 });
      return () => {
        for (const each of written) if (each.xid === xid) each.isCommitted = true;
      };
    },
    read(start: EventStart, limit: number): EventSlice {
      const bound = horizon();
      const { xid, sequence } =
        start === "oldest"
          ? { xid: 0, sequence: 0 }
          : start === "now"
            ? { xid: bound, sequence: 0 }
            : { xid: Number(start.xid), sequence: Number(start.sequence) };
      const seen = written
        .filter((each) => each.isCommitted && each.xid < bound)
        .filter((each) => each.xid > xid || (each.xid === xid && each.sequence > sequence))
        .sort((a, b) => a.xid - b.xid || a.sequence - b.sequence);
      const rows = seen.slice(0, limit).map((each) => ({
        id: each.id,
        type: "turash.flow.updated",
        subjectId: uuidOf(createId("flow")),
        organizationIds: [],
        time: "2026-11-27T12:00:00Z",
        data: { version: 1 },
        traceparent: null,
        place: { xid: String(each.xid), sequence: String(each.sequence) },
      }));
      const isMore = seen.length > limit;
      const place = isMore ? rows.at(-1)!.place : { xid: String(bound), sequence: "0" };
      const isHeldBack = written.some((each) => each.isCommitted && each.xid >= bound);
      return { rows, next: { epoch, ...place }, isMore, isHeldBack };
    },
  };
}

export type EventHistory = ReturnType<typeof createEventHistory>;

export const owner: Actor = {
  kind: "member",
  organizationId: createId("organization"),
  memberId: null,
  role: "owner",
  scopes: scopesOfRole("owner"),
  credential: createId("apiKey"),
};

/** A stream's surroundings without a database and an object: hints come when the test gives them. */
export function createLiveFake(history: Pick<EventHistory, "read">, settings: Partial<LiveSettings> = {}) {
  let receive: (hint: Hint) => void = () => {};
  const hints = { isConnected: true, isClosed: false };
  const fake = {
    hints,
    verify: async (_anew: boolean): Promise<Actor> => owner,
    read: async (start: EventStart, limit: number) => history.read(start, limit),
    give: (hint: Hint) => receive(hint),
  };
  const live: LiveRequest = {
    settings: liveSettingsSchema.parse(settings),
    actor: owner,
    verify: (anew) => fake.verify(anew),
    openContext: (actor) =>
      ({
        actor,
        services: {
          events: { read: (_: unknown, start: EventStart, __: unknown, limit: number) => fake.read(start, limit) },
        },
      }) as unknown as RequestContext,
    log() {},
    join: async (): Promise<Hints> => ({
      take(taker) {
        receive = taker;
      },
      get isConnected() {
        return hints.isConnected;
      },
      close() {
        hints.isClosed = true;
      },
    }),
  };
  const firstPage = (start: EventStart | EventCursor): Promise<EventPage> =>
    listEvents(live.openContext(owner), { filters: null, start, limit: 100 });
  return Object.assign(fake, { live, firstPage });
}

/** A listener that keeps what it is told, as long as it takes any. */
export function createListenerFake() {
  const gone = Promise.withResolvers<Ending | null>();
  const told: Told[] = [];
  const fake = {
    told,
    ended: null as { ending: Ending; cursor: string } | null,
    beats: 0,
    take: async (_: Told): Promise<void> => {},
    leave: (ending: Ending | null = null) => gone.resolve(ending),
    ids: () => told.flatMap((each) => (each.kind === "event" ? [uuidOf(each.event.id)] : [])),
  };
  const listener: Listener = {
    tell(each) {
      told.push(each);
      return fake.take(each);
    },
    beat() {
      fake.beats++;
    },
    end(ending, cursor) {
      fake.ended = { ending, cursor };
    },
    gone: gone.promise,
  };
  return Object.assign(fake, { listener });
}
