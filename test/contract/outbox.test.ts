import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ConsumerName, consumerNames } from "../../src/domain/consumer.ts";
import { createId, idFromUuid } from "../../src/domain/ids.ts";
import { createDeadLetterStore } from "../../src/stores/records/deadLetters.ts";
import { createOutboxStore } from "../../src/stores/records/outbox.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample } from "../support/sampleRows.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

const at = new Date("2026-11-27T12:00:00Z");
const later = (seconds: number) => new Date(at.getTime() + seconds * 1_000);
const options = { limit: 100, leaseSeconds: 30, maximumSends: 20 };

describe.each(enginesUnderTest)("the way of events on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
  });
  beforeEach(() => stores.script("DELETE FROM outbox; DELETE FROM dead_letters;"));
  afterAll(() => stores?.close());

  const outbox = () => createOutboxStore(stores.connect());
  const write = async (count: number, occurredAt = at) => {
    for (let made = 0; made < count; made++)
      await stores.run(
        insertSample("outbox", { occurred_at: `'${occurredAt.toISOString()}'`, data: `'{"version": 1}'` }),
      );
  };
  const lease = (when = at, change: Partial<typeof options> = {}) => outbox().lease(when, { ...options, ...change });
  const idOf = (row: { id: string }) => idFromUuid("event", row.id);

  it("is taken once by two relays at once, in the order of writing", async () => {
    await write(40);
    const [one, other] = await Promise.all([lease(at, { limit: 20 }), lease(at, { limit: 20 })]);
    const rest = await lease();
    const ids = [...one, ...other, ...rest].map(({ id }) => id);
    expect(new Set(ids).size).toBe(40);
    const written = await stores.run("SELECT id FROM outbox ORDER BY xid, sequence");
    for (const part of [one, other, rest])
      expect(part.map(({ id }) => id)).toEqual(
        written.map(({ id }) => id).filter((id) => part.some((row) => row.id === id)),
      );
  });

  it("is taken again once a lease has ended, and once what was sent is not dealt with, later each time", async () => {
    await write(1);
    const [row] = await lease();
    expect(row).toMatchObject({ type: "turash.flow.created", awaiting: consumerNames, sends: 0, data: { version: 1 } });
    expect(new Date(row!.time)).toEqual(at);
    expect(await lease(later(29))).toEqual([]);
    expect(await lease(later(30))).toHaveLength(1);
    let sentAt = later(30);
    for (const seconds of [60, 120, 240, 480, 960, 1_920, 3_840, 3_840]) {
      await outbox().markSent([row!.id], sentAt, 60);
      const before = new Date(sentAt.getTime() + (seconds - 1) * 1_000);
      expect(await lease(before), `${seconds} s`).toEqual([]);
      sentAt = new Date(sentAt.getTime() + seconds * 1_000);
      expect(await lease(sentAt, { leaseSeconds: 0 }), `${seconds} s`).toHaveLength(1);
    }
  });

  it("ends when every consumer has dealt with an event, however often and in whatever order", async () => {
    await write(3);
    const rows = await lease();
    await Promise.all(
      consumerNames.flatMap((consumer) => [
        outbox().complete(consumer, rows.map(idOf)),
        outbox().complete(consumer, rows.toReversed().map(idOf)),
      ]),
    );
    expect(await lease(later(100))).toEqual([]);
    expect(await stores.run("SELECT DISTINCT awaiting FROM outbox")).toEqual([{ awaiting: "{}" }]);
  });

  it("keeps what a consumer gives up on, once, and lets the others go on", async () => {
    await write(1);
    const [row] = await lease();
    const burial = { eventUuid: row!.id, code: "internal", error: "Error: broken", attempts: 8 };
    await Promise.all([outbox().bury("graph", [burial], at), outbox().bury("graph", [burial], at)]);
    const { items } = await createDeadLetterStore(stores.connect()).list({}, { limit: 10, after: null });
    expect(items).toEqual([
      expect.objectContaining({
        consumer: "graph",
        eventId: idOf(row!),
        type: "turash.flow.created",
        attempts: 8,
        replayedAt: null,
      }),
    ]);
    const [again] = await lease(later(30));
    expect(again!.awaiting).toEqual(consumerNames.filter((name) => name !== "graph"));
  });

  it("ends for an event that was sent often enough and never dealt with, with a letter of each consumer", async () => {
    await write(2);
    const rows = await lease();
    await outbox().complete("feeds", [idOf(rows[0]!)]);
    for (let sends = 0; sends < 20; sends++)
      await outbox().markSent(
        rows.map(({ id }) => id),
        at,
        60,
      );
    expect(await outbox().buryLost(at, 20)).toBe(0);
    expect(await lease(later(4_000))).toEqual([]);
    expect(await outbox().buryLost(later(4_000), 20)).toBe(7);
    expect(await outbox().buryLost(later(4_000), 20)).toBe(0);
    const letters = await stores.run("SELECT code, count(*) FROM dead_letters GROUP BY code");
    expect(letters).toEqual([{ code: "never_done", count: "7" }]);
  });

  it("tells how far it has come", async () => {
    await write(2, later(-10));
    await write(1, later(-4));
    const rows = await lease();
    await outbox().markSent([rows[0]!.id], at, 60);
    await outbox().complete("graph", [idOf(rows[0]!)]);
    await outbox().bury("feeds", [{ eventUuid: rows[1]!.id, code: "internal", error: "x", attempts: 1 }], at);
    const status = (consumer: ConsumerName, waiting: number, deadLetters = 0) => ({
      consumer,
      waiting,
      oldestWaitingSeconds: 10,
      deadLetters,
    });
    expect(await outbox().readStatus(at)).toEqual({
      unsent: 2,
      oldestUnsentSeconds: 10,
      consumers: [status("graph", 2), status("matching", 3), status("feeds", 2, 1), status("webhooks", 3)],
    });
  });

  describe("a dead letter", () => {
    const stamp = () => ({
      actor: { kind: "operator", credential: "test" } as const,
      at: later(100),
      requestId: "r",
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00`,
      addressHash: null,
      idempotency: null,
    });
    const letters = () => createDeadLetterStore(stores.connect());
    const bury = async () => {
      await write(1);
      const [row] = await lease();
      for (const consumer of consumerNames) await outbox().complete(consumer, [idOf(row!)]);
      await outbox().bury("graph", [{ eventUuid: row!.id, code: "internal", error: "x", attempts: 8 }], at);
      const { items } = await letters().list({}, { limit: 10, after: null });
      return { row: row!, letter: items.find(({ eventId }) => eventId === idOf(row!))! };
    };

    it("is sent back to its consumer alone, once of many at once, and again when it has died again", async () => {
      const { row, letter } = await bury();
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => letters().replay(stamp(), letter.id)));
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["refused", "refused", "refused", "refused", "written"]);
      const due = await lease(later(100));
      expect(due).toEqual([
        expect.objectContaining({ id: row.id, awaiting: ["graph"], sends: 0 }),
        expect.objectContaining({ type: "turash.dead_letter.replayed" }),
      ]);
      await outbox().bury("graph", [{ eventUuid: row.id, code: "invalid", error: "y", attempts: 1 }], later(200));
      const { items } = await letters().list({ isReplayed: false }, { limit: 10, after: null });
      expect(items).toEqual([
        expect.objectContaining({ id: letter.id, code: "invalid", version: 3, replayedAt: null }),
      ]);
      expect((await letters().replay(stamp(), letter.id)).kind).toBe("written");
    });

    it("is sent back with all others that fit", async () => {
      const made = [await bury(), await bury(), await bury()];
      await outbox().bury("webhooks", [{ eventUuid: made[0]!.row.id, code: "internal", error: "z", attempts: 1 }], at);
      expect(await letters().replayAll(stamp(), { consumer: "graph", code: "internal" }, 2)).toBe(2);
      expect(await letters().replayAll(stamp(), { consumer: "graph" }, 100)).toBe(1);
      expect(await letters().replayAll(stamp(), { consumer: "graph" }, 100)).toBe(0);
      expect(await letters().replayAll(stamp(), {}, 100)).toBe(1);
    });

    it("of a message that is no event, or whose event is no longer kept, cannot be", async () => {
      await outbox().buryMessage("graph", { message: "{half", code: "malformed", error: "x", attempts: 1 }, at);
      const { row } = await bury();
      await stores.run("DELETE FROM outbox WHERE id = $1", [row.id]);
      const { items } = await letters().list({}, { limit: 10, after: null });
      expect(items).toHaveLength(2);
      for (const { id } of items)
        expect(await letters().replay(stamp(), id)).toMatchObject({ kind: "refused", current: { isEventKept: false } });
      expect(await letters().replay(stamp(), createId("deadLetter"))).toEqual({ kind: "missing" });
      expect(items.map(({ message }) => String(message)).sort()).toEqual(["null", "{half"]);
    });
  });

  it("begins anew for a taxonomy that changes", async () => {
    await stores.run("UPDATE grades SET name = name || ' ' WHERE slug = 'steam'");
    expect(await lease(new Date(Date.now() + 1_000))).toEqual([
      expect.objectContaining({ type: "turash.taxonomy.updated", organizationIds: [] }),
    ]);
  });
});
