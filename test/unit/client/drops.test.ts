import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RoomClient } from "../../../src/client/index.ts";
import { findLogFault, originOf } from "../../../src/rooms/log.ts";
import { replay } from "../../../src/rooms/state.ts";
import { FakeRoom, type FakeSocket } from "../../support/fakeRoom.ts";
import { matchId, personOf, terms } from "../../support/roomWorld.ts";

const seller = personOf("output", "owner");
const buyer = personOf("input", "owner");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Each connection ends after so many messages, in either direction, with this code; and the room may have forgotten its past then. */
const drop = fc.record({
  after: fc.nat(25),
  code: fc.constantFrom(1001, 1006, 1012, 4100, 4101, 4200, 4201, 4299),
  isPruned: fc.boolean(),
});

const step = fc.record({
  what: fc.constantFrom("chat", "offer", "accept", "other"),
  pauseMs: fc.constantFrom(0, 1, 7, 300, 5_000, 40_000),
});

it("has each command happen once and in order, and its state that of the log, whatever the order of drops", async () => {
  let dropped = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(drop, { maxLength: 12 }),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.constantFrom("now" as const, "start" as const),
      async (drops, steps, from) => {
        const fake = new FakeRoom();
        const left = new Map<FakeSocket, { left: number; code: number; isPruned: boolean }>();
        const waiting = [...drops];
        fake.nextDrop = (socket) => {
          const known = left.get(socket);
          const next = known ?? (waiting.length > 0 ? { ...waiting[0]!, left: waiting.shift()!.after } : null);
          if (!next) return null;
          left.set(socket, next);
          if (next.left-- > 0) return null;
          if (next.isPruned) fake.firstKept = fake.room.state.head + 1;
          dropped++;
          return next.code;
        };
        const getTicket = async () => "ticket";
        const WebSocket = fake.socketFor(seller);
        const client = new RoomClient({ url: "http://room.test", matchId, getTicket, WebSocket, from });
        const told: number[] = [];
        client.on("snapshot", ({ head }) => told.push(head));
        client.on("event", ({ seq }) => {
          // The next, or the first of a log that is told from its start.
          expect(seq).toBe((told.at(-1) ?? 0) + 1);
          told.push(seq);
        });
        let answered = 0;
        const count = () => {
          answered++;
        };
        const said: string[] = [];
        for (const [n, { what, pauseMs }] of steps.entries()) {
          if (what === "chat") {
            said.push(`${n}`);
            void client.send({ type: "chat.send", text: `${n}` }).then(count);
          } else if (what === "offer") {
            const { quantity, price, from: begin } = terms({ quantity: { amount: n + 1, unit: "t/a" } });
            const offer = { terms: { quantity, price, from: begin }, validUntil: fake.room.in(86_400) };
            void client.send({ type: "offer.propose", ...offer }).then(count, count);
          } else if (what === "accept") {
            const hash = fake.room.offerOf("input") ?? "0".repeat(64);
            void client.send({ type: "offer.accept", hash }).then(count, count);
          } else
            fake.act((room) =>
              room.send(buyer, { type: "offer.propose", terms: terms({ notes: `${n}` }), validUntil: room.in(86_400) }),
            );
          await vi.advanceTimersByTimeAsync(pauseMs);
        }
        await vi.advanceTimersByTimeAsync(600_000);
        expect(answered).toBe(steps.filter(({ what }) => what !== "other").length);
        const { events, state } = fake.room;
        expect(events.flatMap(({ type, data }) => (type === "chat.sent" ? [data.text] : []))).toEqual(said);
        expect(findLogFault(events, originOf(matchId))).toBeNull();
        expect(client.state).toEqual(state);
        expect(client.state).toEqual(replay(events));
        client.close();
      },
    ),
    { numRuns: 150 },
  );
  expect(dropped).toBeGreaterThan(100);
}, 60_000);
