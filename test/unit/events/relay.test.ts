import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConsumerName, consumerNames } from "../../../src/domain/consumer.ts";
import { relayInBackground } from "../../../src/events/backgroundRelay.ts";
import { divide, maximumBatch, maximumBatchBytes, type Relay, relayOnce } from "../../../src/events/relay.ts";
import type { DueEvent } from "../../../src/stores/records/outbox.ts";

const now = () => new Date("2026-11-27T12:00:00Z");

function row(change: Partial<DueEvent> = {}): DueEvent {
  return {
    id: crypto.randomUUID(),
    type: "turash.flow.created",
    subjectId: crypto.randomUUID(),
    organizationIds: [crypto.randomUUID()],
    time: "2026-11-27T11:59:59.000Z",
    data: { version: 1 },
    traceparent: null,
    awaiting: consumerNames,
    sends: 0,
    ...change,
  };
}

/** A relay over rows in memory. */
function createRelay(rows: DueEvent[], send: Relay["send"] = async () => {}) {
  const marked: string[] = [];
  const buried: unknown[] = [];
  const relay: Relay = {
    outbox: {
      lease: async (_, { limit }) => rows.splice(0, limit),
      markSent: async (ids) => void marked.push(...ids),
      bury: async (consumer, burials) => void buried.push(...burials.map(({ code }) => `${consumer} ${code}`)),
      buryLost: async () => 0,
    },
    send,
    now,
    resendAfterSeconds: 60,
    isPaused: false,
    log() {},
  };
  return { relay, marked, buried };
}

describe("the relay", () => {
  it("sends each consumer what it is awaited by, and notes it", async () => {
    const rows = [row(), row({ awaiting: ["graph"] }), row({ awaiting: ["graph", "feeds"] })];
    const ids = rows.map(({ id }) => id);
    const sent = new Map<ConsumerName, number>();
    const { relay, marked } = createRelay(rows, async (consumer, messages) => void sent.set(consumer, messages.length));
    expect(await relayOnce(relay)).toBe(3);
    expect(Object.fromEntries(sent)).toEqual({ graph: 3, matching: 1, feeds: 2, webhooks: 1 });
    expect(marked).toEqual(ids);
  });

  it("notes nothing as sent that a queue did not take, so that it is sent again", async () => {
    const [both, graphOnly] = [row({ awaiting: ["graph", "feeds"] }), row({ awaiting: ["graph"] })];
    const { relay, marked } = createRelay([both, graphOnly], async (consumer) => {
      if (consumer === "feeds") throw new Error("the queue is full");
    });
    await relayOnce(relay);
    expect(marked).toEqual([graphOnly.id]);
  });

  it("asks a queue once more that fails for a moment", async () => {
    const rows = [row({ awaiting: ["graph"] })];
    const [{ id }] = rows as [DueEvent];
    let asked = 0;
    const { relay, marked } = createRelay(rows, async () => {
      if (++asked === 1) throw new Error("the connection was closed");
    });
    await relayOnce(relay);
    expect([asked, marked]).toEqual([2, [id]]);
  });

  it("keeps a row that is no event of the catalogue as a dead letter of each consumer", async () => {
    const { relay, marked, buried } = createRelay([row({ type: "turash.flow.exploded" }), row({ data: {} })]);
    await relayOnce(relay);
    expect(marked).toEqual([]);
    expect(buried).toEqual([
      ...consumerNames.map((name) => `${name} unknown_type`),
      ...consumerNames.map((name) => `${name} malformed`),
    ]);
  });

  it("leaves everything where the operator has stopped it", async () => {
    const rows = [row()];
    const { relay, marked } = createRelay(rows, () => Promise.reject(new Error("it was sent")));
    expect(await relayOnce({ ...relay, isPaused: true })).toBe(0);
    expect([rows.length, marked.length]).toEqual([1, 0]);
  });

  it("goes on until nothing is due, once an isolate, and looks once more for a change that came meanwhile", async () => {
    const rows = Array.from({ length: 250 }, () => row());
    const turn = { aliveAt: null, isAskedAgain: false };
    let isLate = true;
    const { relay, marked } = createRelay(rows, async () => {
      expect(relayInBackground(relay, turn)).toBeNull();
      if (isLate) rows.push(row());
      isLate = false;
    });
    await relayInBackground(relay, turn);
    expect(marked).toHaveLength(251);
    expect(turn.aliveAt).toBeNull();
  });

  it("is taken over where the one that ran ended without a word, as with its request", async () => {
    const rows = [row()];
    const [{ id }] = rows as [DueEvent];
    const turn = { aliveAt: now().getTime() - 1_000, isAskedAgain: false };
    const { relay, marked } = createRelay(rows);
    expect(relayInBackground(relay, turn)).toBeNull();
    turn.aliveAt = now().getTime() - 3_000;
    await relayInBackground(relay, turn);
    expect(marked).toEqual([id]);
  });
});

describe("a batch", () => {
  it("keeps every message once, in order, within the limits of a queue", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120_000 }), { maxLength: 400 }), (sizes) => {
        const parts = divide(sizes, (size) => size);
        expect(parts.flat()).toEqual(sizes);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(maximumBatch);
          if (part.length > 1) expect(part.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(maximumBatchBytes);
        }
      }),
    );
  });
});
