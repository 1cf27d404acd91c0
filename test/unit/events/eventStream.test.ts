import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError, forbidden, unauthenticated } from "../../../src/domain/errors.ts";
import { decodeEventCursor } from "../../../src/domain/eventCursor.ts";
import { streamEvents } from "../../../src/operations/eventStream.ts";
import type { EventStart } from "../../../src/stores/records/events.ts";
import { createEventHistory, createListenerFake, createLiveFake } from "../../support/eventHistory.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

/** Opens a stream as a route does: the hints are taken first. */
async function open(
  fake: ReturnType<typeof createLiveFake>,
  start: EventStart = "oldest",
  listener = createListenerFake(),
) {
  const hints = await fake.live.join();
  const first = await fake.firstPage(start);
  const ended = streamEvents(fake.live, hints, null, first, listener.listener);
  return { ...listener, listener, ended };
}

function historyOf(count: number) {
  const history = createEventHistory();
  for (let made = 0; made < count; made++) history.begin()();
  return history;
}

describe("a stream", () => {
  it("tells what was there, says that it is ready, and tells what comes at the next hint", async () => {
    const history = historyOf(250);
    const fake = createLiveFake(history);
    const { listener } = await open(fake);
    await pass(1);
    expect(listener.ids()).toEqual(history.ids());
    expect(listener.told.at(-1)).toMatchObject({ kind: "ready" });
    history.begin(3)();
    await pass(1);
    expect(listener.ids()).toHaveLength(250);
    fake.give("look");
    await pass(0.2);
    expect(listener.ids()).toEqual(history.ids());
    expect(listener.told.filter(({ kind }) => kind === "ready")).toHaveLength(1);
    listener.leave();
  });

  it("finds for itself, after a while, what no hint told of, and soon where no hints come", async () => {
    const history = historyOf(0);
    const fake = createLiveFake(history);
    const { listener } = await open(fake);
    history.begin()();
    await pass(16);
    expect(listener.ids()).toHaveLength(1);
    fake.hints.isConnected = false;
    fake.give("look");
    await pass(0.2);
    history.begin()();
    await pass(0.7);
    expect(listener.ids()).toHaveLength(2);
    listener.leave();
  });

  it("waits for an older transaction before it tells what was committed after, and then tells both in order", async () => {
    const history = historyOf(0);
    const fake = createLiveFake(history);
    const { listener } = await open(fake);
    await pass(1);
    const commitOlder = history.begin();
    history.begin()();
    fake.give("look");
    await pass(3);
    expect(listener.ids()).toEqual([]);
    commitOlder();
    await pass(0.7);
    expect(listener.ids()).toEqual(history.ids());
    listener.leave();
  });

  it("tells each event once and in order, whatever is written, committed, hinted, lost or repeated while it opens and after", async () => {
    const step = fc.record({
      kind: fc.constantFrom("begin", "commit", "hint", "cut", "join", "pass"),
      number: fc.nat(6),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), async (before, after) => {
        const history = createEventHistory();
        const fake = createLiveFake(history);
        const running: (() => void)[] = [];
        const act = async ({ kind, number }: { kind: string; number: number }) => {
          if (kind === "begin") running.push(history.begin(1 + number));
          else if (kind === "commit") running.splice(number % (running.length || 1), 1)[0]?.();
          else if (kind === "hint") fake.give("look");
          else if (kind === "pass") await pass(number / 20);
          else fake.hints.isConnected = kind === "join";
        };
        for (const each of before) await act(each);
        const { listener } = await open(fake);
        for (const each of after) await act(each);
        for (const commit of running) commit();
        await pass(31);
        expect(listener.ids()).toEqual(history.ids());
        listener.leave();
      }),
      { numRuns: 150 },
    );
  });

  it("goes on from the cursor of any event that it told, without a gap or a repeat", async () => {
    const history = historyOf(130);
    const fake = createLiveFake(history);
    const { listener } = await open(fake);
    await pass(1);
    listener.leave();
    for (const [index, told] of listener.told.entries()) {
      const { listener: next } = await open(createLiveFake(history), decodeEventCursor(told.cursor)!);
      await pass(0.5);
      expect(next.ids()).toEqual(history.ids().slice(index + 1));
      next.leave();
    }
  });

  it("gives with `ready` a cursor from which nothing is missed that came after", async () => {
    const history = historyOf(3);
    const { listener } = await open(createLiveFake(history), "now");
    await pass(1);
    listener.leave();
    expect(listener.told).toEqual([{ kind: "ready", cursor: expect.any(String) }]);
    history.begin()();
    const { listener: next } = await open(createLiveFake(history), decodeEventCursor(listener.told[0]!.cursor)!);
    await pass(1);
    expect(next.ids()).toEqual(history.ids().slice(3));
    next.leave();
  });
});

describe("a stream ends", () => {
  it("where its listener takes nothing for too long, with the cursor of the last event that was told", async () => {
    const history = historyOf(300);
    const { listener, ended } = await open(createLiveFake(history, { slowAfterSeconds: 10 }));
    listener.take = async () => {
      if (listener.told.length === 20) await new Promise(() => {});
    };
    await pass(9);
    expect(listener.ended).toBeNull();
    await pass(4);
    expect(listener.told).toHaveLength(20);
    expect(listener.ended).toEqual({
      ending: expect.objectContaining({ reason: "slow_listener" }),
      cursor: listener.told.at(-1)!.cursor,
    });
    expect(await ended).toMatchObject({ reason: "slow_listener" });
  });

  it("soon after its credential, at once where a hint says so, and tells nothing more", async () => {
    for (const [hint, seconds] of [
      [null, 2.1],
      ["verify", 0.01],
    ] as const) {
      const history = historyOf(1);
      const fake = createLiveFake(history);
      const { listener } = await open(fake);
      await pass(0.5);
      fake.verify = async () => Promise.reject(unauthenticated("credential_refused", "It has ended."));
      if (hint) fake.give(hint);
      await pass(seconds);
      history.begin()();
      await pass(20);
      expect(listener.ended?.ending.reason).toBe("credential_ended");
      expect(listener.ids()).toHaveLength(1);
      expect(fake.hints.isClosed).toBe(true);
    }
  });

  it("where the credential may read no more what was asked for", async () => {
    const fake = createLiveFake(historyOf(0));
    const { listener } = await open(fake);
    fake.read = () => Promise.reject(forbidden("scope_missing", "No."));
    await pass(20);
    expect(listener.ended?.ending.reason).toBe("not_allowed");
  });

  it("where its place leads nowhere any more", async () => {
    const fake = createLiveFake(historyOf(0));
    const { listener } = await open(fake);
    fake.read = async () => "other_epoch" as never;
    fake.give("look");
    await pass(0.5);
    expect(listener.ended?.ending.reason).toBe("cursor_expired");
  });

  it("after its time, to be opened again at once", async () => {
    const { listener } = await open(createLiveFake(historyOf(1), { lifetimeSeconds: 60 }));
    await pass(50);
    expect(listener.ended).toBeNull();
    await pass(13);
    expect(listener.ended?.ending.reason).toBe("lifetime_over");
    expect(listener.ended?.cursor).toBe(listener.told.at(-1)!.cursor);
  });

  it("without a word where its listener has gone, and with one where that broke the rules", async () => {
    const first = await open(createLiveFake(historyOf(1)));
    await pass(1);
    first.leave();
    expect(await first.ended).toEqual({ reason: "gone", events: 1 });
    expect(first.listener.ended).toBeNull();
    const second = await open(createLiveFake(historyOf(1)));
    second.leave({ reason: "frame_refused", detail: "x" });
    expect(await second.ended).toMatchObject({ reason: "frame_refused" });
    expect(second.listener.ended).not.toBeNull();
  });

  it("where the database stays away, and not where it comes back", async () => {
    const away = () => Promise.reject(new AppError("unavailable", "It does not answer."));
    const history = historyOf(0);
    const fake = createLiveFake(history);
    const { listener } = await open(fake);
    const { read } = fake;
    let asked = 0;
    fake.read = (start, limit) => (++asked < 4 ? away() : read(start, limit));
    history.begin()();
    fake.give("look");
    await pass(10);
    expect(listener.ids()).toHaveLength(1);
    fake.read = away;
    fake.give("look");
    await pass(60);
    expect(listener.ended?.ending.reason).toBe("unavailable");
  });

  it("where nobody can say for half a minute whether its credential holds", async () => {
    const fake = createLiveFake(historyOf(0));
    const { listener } = await open(fake);
    fake.verify = () => Promise.reject(new AppError("unavailable", "It does not answer."));
    await pass(29);
    expect(listener.ended).toBeNull();
    await pass(5);
    expect(listener.ended?.ending.reason).toBe("unavailable");
  });
});

describe("a quiet stream", () => {
  it("gives a sign of life every fifteen seconds or so, and none while it waits for its listener", async () => {
    const history = historyOf(0);
    const fake = createLiveFake(history);
    const { listener } = await open(fake);
    await pass(100);
    expect(listener.beats).toBeGreaterThanOrEqual(5);
    expect(listener.beats).toBeLessThanOrEqual(7);
    const before = listener.beats;
    listener.take = () => new Promise(() => {});
    history.begin()();
    fake.give("look");
    await pass(25);
    expect(listener.beats).toBe(before);
    listener.leave();
  });
});
