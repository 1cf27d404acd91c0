import type { Actor } from "../domain/actor.ts";
import { AppError } from "../domain/errors.ts";
import type { CloudEvent } from "../domain/event.ts";
import { type EventCursor, encodeEventCursor } from "../domain/eventCursor.ts";
import type { Ending, EndReason, Hint, LiveSettings } from "../domain/liveEvents.ts";
import type { RequestContext } from "./context.ts";
import { type EventPage, findWantedTypes, listEvents } from "./events.ts";
import { authorize } from "./permissions.ts";

/** What a listener is told: an event, or that from here on it hears what happens as it happens. */
export type Told = { kind: "event"; event: CloudEvent; cursor: string } | { kind: "ready"; cursor: string };

/** One end of a stream, as its transport has it. */
export type Listener = {
  /** Resolves when there is room for more. */
  tell(told: Told): Promise<void>;
  /** A sign of life, where nothing was told for a while. */
  beat(): void;
  /** Says why, and where to go on from, and ends. */
  end(ending: Ending, cursor: string): void;
  /** Resolves when the listener has gone, or with what it did wrong. */
  readonly gone: Promise<Ending | null>;
};

/** Hints that there may be something to read. They may be lost, late or too many: what is told follows from the cursor alone. */
export type Hints = {
  /** Whoever is told from now on; also told `look` when hints may have been lost. */
  take(receive: (hint: Hint) => void): void;
  /** Whether hints come; where not, the stream looks for itself, often. */
  readonly isConnected: boolean;
  close(): void;
};

/** What a stream works with, which outlives the deadline of the request that opened it. */
export type LiveRequest = {
  readonly settings: LiveSettings;
  /** As verified when it was opened. */
  readonly actor: Actor;
  /** Whom the stream speaks for now; `anew` asks also where that is remembered. Throws `unauthenticated` where that is nobody. */
  verify(anew: boolean): Promise<Actor>;
  /** One read, with a deadline of its own. */
  openContext(actor: Actor): RequestContext;
  /** Throws `rate_limited` where the organization has its share of listeners. */
  join(): Promise<Hints>;
  /** Leaves a line in the log, where requests leave one. */
  log(line: Record<string, unknown>): void;
};

export type StreamSummary = { reason: EndReason | "gone"; events: number };

const pageLength = 100;
/** Each read is a subrequest, of which an invocation of a Worker has 1,000. */
const maximumReads = 600;
/** Hints that come close together lead to one read. */
const minimumGapMs = 100;
/** Between two looks where no hints come, and while an older transaction holds events back. */
const impatientMs = 500;
const unverifiedMs = 30_000;
const maximumFailures = 6;

/**
 * Tells a listener all that the caller may see behind a page that was read, each event once and in the order of cursors, until it
 * ends. Hints are taken before that page is read, so that nothing falls between what was there and what comes.
 */
export async function streamEvents(
  live: LiveRequest,
  hints: Hints,
  filters: readonly string[] | null,
  first: EventPage,
  listener: Listener,
): Promise<StreamSummary> {
  const { settings } = live;
  const begun = Date.now();
  // Streams that were opened together, after a deployment, come back one after the other.
  const endsAt = begun + settings.lifetimeSeconds * 1_000 * (1 - Math.random() / 10);
  const stop = Promise.withResolvers<Ending | null>();
  const bell = createBell();
  const state = { actor: live.actor, isOver: false, isVerifying: false, verifiedAt: begun, toldAt: begun, events: 0 };
  let cursor = encodeEventCursor(first.events[0]?.cursor ?? first.next);
  let tellingSince: number | null = null;

  const verify = async (anew: boolean) => {
    if (state.isVerifying && !anew) return;
    state.isVerifying = true;
    try {
      state.actor = await live.verify(anew);
      authorize(state.actor, "streamEvents");
      findWantedTypes(state.actor, filters);
      state.verifiedAt = Date.now();
    } catch (error) {
      const ending = endingOf(error);
      if (ending) stop.resolve(ending);
    } finally {
      state.isVerifying = false;
    }
  };

  const watch = () => {
    const now = Date.now();
    if (tellingSince !== null && now - tellingSince >= settings.slowAfterSeconds * 1_000)
      stop.resolve({ reason: "slow_listener", detail: "Nothing was taken for too long, though there was something." });
    else if (now >= endsAt) stop.resolve(lifetimeOver);
    else if (now - state.verifiedAt >= unverifiedMs)
      stop.resolve({ reason: "unavailable", detail: "The credential could not be verified again." });
    else {
      if (tellingSince === null && now - state.toldAt >= settings.heartbeatSeconds * 1_000) {
        listener.beat();
        state.toldAt = now;
      }
      void verify(false);
    }
  };

  const tell = async (told: Told) => {
    cursor = told.cursor;
    tellingSince = Date.now();
    await listener.tell(told);
    tellingSince = null;
    state.toldAt = Date.now();
    if (told.kind === "event") state.events++;
  };

  const read = async (start: EventCursor): Promise<EventPage | Ending> => {
    for (let failures = 1; ; failures++)
      try {
        return await listEvents(live.openContext(state.actor), { filters, start, limit: pageLength });
      } catch (error) {
        const ending = endingOf(error);
        if (ending) return ending;
        if (failures === maximumFailures || state.isOver)
          return { reason: "unavailable", detail: "Events could not be read for a while." };
        await bell.wait(200 * 2 ** failures);
      }
  };

  const run = async (): Promise<Ending> => {
    let isReady = false;
    let page = first;
    for (let reads = 0; reads < maximumReads && !state.isOver; reads++) {
      for (const { event, cursor } of page.events) {
        if (state.isOver) return lifetimeOver;
        await tell({ kind: "event", event, cursor: encodeEventCursor(cursor) });
      }
      if (!page.isMore) {
        if (!isReady) await tell({ kind: "ready", cursor: encodeEventCursor(page.next) });
        isReady = true;
        const isPatient = hints.isConnected && !page.isHeldBack;
        await bell.wait(isPatient ? settings.pollSeconds * 1_000 : impatientMs);
      }
      if (state.isOver) break;
      const next = await read(page.next);
      if ("reason" in next) return next;
      page = next;
    }
    return lifetimeOver;
  };

  hints.take((hint) => {
    if (hint === "verify") void verify(true);
    bell.ring();
  });
  const timer = setInterval(watch, settings.verifySeconds * 1_000);
  try {
    const ending = await Promise.race([listener.gone, stop.promise, run()]);
    if (ending) listener.end(ending, cursor);
    return { reason: ending?.reason ?? "gone", events: state.events };
  } finally {
    state.isOver = true;
    clearInterval(timer);
    hints.close();
    bell.ring();
  }
}

const lifetimeOver: Ending = { reason: "lifetime_over", detail: "A stream lasts so long; go on from the cursor." };

/** How an error ends a stream; null for what passes by itself. */
function endingOf(error: unknown): Ending | null {
  if (!(error instanceof AppError)) {
    console.error(JSON.stringify({ level: "error", event: "stream_failed", cause: String(error) }));
    return null;
  }
  const { code, message: detail, details } = error;
  if (code === "unauthenticated") return { reason: "credential_ended", detail };
  if (code === "forbidden") return { reason: "not_allowed", detail };
  return details.reason === "cursor_expired" ? { reason: "cursor_expired", detail } : null;
}

/** Waits that a ring cuts short; one that comes while nobody waits is not lost. */
function createBell() {
  let isRung = false;
  let answer: (() => void) | null = null;
  return {
    ring(): void {
      isRung = true;
      answer?.();
    },
    async wait(milliseconds: number): Promise<void> {
      await sleep(Math.min(minimumGapMs, milliseconds));
      if (!isRung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds - minimumGapMs);
          answer = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      answer = null;
      isRung = false;
    },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
