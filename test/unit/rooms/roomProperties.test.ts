import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createId } from "../../../src/domain/ids.ts";
import { hashOffer, termNames } from "../../../src/domain/offer.ts";
import type { RoomEvent } from "../../../src/rooms/events.ts";
import { findLogFault, originOf } from "../../../src/rooms/log.ts";
import { mayCommand } from "../../../src/rooms/room.ts";
import { applyEvent, openRoom, replay } from "../../../src/rooms/state.ts";
import { matchId, outcomeOf, people, RoomUnderTest, terms } from "../../support/roomWorld.ts";

type Step = (room: RoomUnderTest) => void;

const owners = people.filter(({ side, role }) => side !== "facilitator" && role === "owner");
/** Owners mostly, for others cannot come to an agreement. */
const who = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...owners) }, fc.constantFrom(...people));
const amount = fc.constantFrom(1, 10, 100, 999, 1_000, 1_001);
const seconds = fc.constantFrom(-1, 5, 60, 3_600);

/** A hash of some offer that was ever made, mostly a recent one, or of none. */
const pickOffer = fc.nat(5).map((back) => (room: RoomUnderTest) => {
  const hashes = Object.keys(room.state.offers);
  return hashes[hashes.length - 1 - back] ?? "0".repeat(64);
});

/** Whatever anyone can do, and whatever happens by itself. */
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(who, amount, seconds).map(
      ([by, size, valid]): Step =>
        (room) =>
          void room.send(by, {
            type: "offer.propose",
            terms: terms({ quantity: { amount: size, unit: "t/a" } }),
            validUntil: room.in(valid),
          }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(who, pickOffer, amount).map(
      ([by, pick, size]): Step =>
        (room) =>
          void room.send(by, {
            type: "offer.counter",
            hash: pick(room),
            terms: terms({ quantity: { amount: size, unit: "t/a" } }),
            validUntil: room.in(60),
          }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(who, pickOffer).map(
      ([by, pick]): Step =>
        (room) =>
          void room.send(by, { type: "offer.accept", hash: pick(room) }),
    ),
  },
  fc.tuple(who, pickOffer).map(
    ([by, pick]): Step =>
      (room) =>
        void room.send(by, { type: "offer.reject", hash: pick(room), reason: null }),
  ),
  fc.tuple(who, pickOffer).map(
    ([by, pick]): Step =>
      (room) =>
        void room.send(by, { type: "offer.retract", hash: pick(room) }),
  ),
  fc.tuple(who, pickOffer, fc.constantFrom(...termNames), fc.boolean()).map(
    ([by, pick, term, locks]): Step =>
      (room) =>
        void room.send(by, { type: "terms.lock", term, hash: locks ? pick(room) : null }),
  ),
  who.map(
    (by): Step =>
      (room) =>
        void room.send(by, { type: "chat.send", text: "Hello" }),
  ),
  fc.tuple(who, fc.nat(60)).map(
    ([by, seq]): Step =>
      (room) =>
        void room.send(by, { type: "read.mark", seq }),
  ),
  fc.tuple(who, who).map(
    ([by, other]): Step =>
      (room) =>
        void room.send(by, { type: "member.remove", participantId: other.id }),
  ),
  who.map(
    (by): Step =>
      (room) =>
        void room.send(by, { type: "room.close", reason: "Enough" }),
  ),
  who.map(
    (participant): Step =>
      (room) =>
        void room.system({ type: "member.join", participant }),
  ),
  {
    weight: 3,
    arbitrary: pickOffer.map(
      (pick): Step =>
        (room) =>
          void room.system({
            type: "agreement.confirm",
            hash: room.state.acceptance?.hash ?? pick(room),
            exchangeId: createId("exchange"),
          }),
    ),
  },
  pickOffer.map(
    (pick): Step =>
      (room) =>
        void room.system({
          type: "acceptance.void",
          hash: room.state.acceptance?.hash ?? pick(room),
          reason: "quantity_taken",
        }),
  ),
  fc.constantFrom(1, 10, 100).map(
    (passed): Step =>
      (room) =>
        room.pass(passed),
  ),
  fc.constant<Step>((room) => void room.system({ type: "offers.expire" })),
  fc.nat(3).map(
    (ahead): Step =>
      (room) =>
        void room.system({ type: "round.open", round: room.state.round + ahead }),
  ),
);

const history = fc.array(step, { maxLength: 120, size: "max" });

function play(steps: readonly Step[]): RoomUnderTest {
  const room = new RoomUnderTest();
  for (const each of steps) each(room);
  return room;
}

describe("any room, whatever its members do", () => {
  it("is the same live, replayed from its log, and from a snapshot at any place", () => {
    fc.assert(
      fc.property(history, fc.nat(), (steps, place) => {
        const { events, state } = play(steps);
        const log: RoomEvent[] = JSON.parse(JSON.stringify(events));
        expect(replay(log)).toEqual(state);
        const cut = 1 + (place % log.length);
        const snapshot = JSON.parse(JSON.stringify(log.slice(1, cut).reduce(applyEvent, openRoom(log[0]!))));
        expect(log.slice(cut).reduce(applyEvent, snapshot)).toEqual(state);
      }),
    );
  });

  it("has a log whose numbers are dense and whose every change, gap, swap and insertion is found", () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.constantFrom("change", "remove", "swap", "insert"), (steps, place, how) => {
        const { events } = play(steps);
        expect(findLogFault(events, originOf(matchId))).toBeNull();
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
        const at = place % (events.length - 1);
        const spoiled = [...events];
        if (how === "change") spoiled[at] = { ...spoiled[at]!, at: "2026-11-27T12:00:00.001Z", by: "somebody" };
        if (how === "remove") spoiled.splice(at, 1);
        if (how === "swap") spoiled.splice(at, 2, spoiled[at + 1]!, spoiled[at]!);
        if (how === "insert") spoiled.splice(at, 0, spoiled[at + 1]!);
        expect(findLogFault(spoiled, originOf(matchId))).not.toBeNull();
      }),
    );
  });

  it("comes to one agreement a round at the most, on the last offer that the other side made, as it stood open", () => {
    let agreements = 0;
    fc.assert(
      fc.property(history, (steps) => {
        const { events } = play(steps);
        const people = new Map<string, string>();
        const byRound = new Map<number, number>();
        let round = 1;
        let accepted: RoomEvent | null = null;
        const offers: RoomEvent[] = [];
        for (const event of events) {
          if (event.type === "member.joined") people.set(event.data.id, event.data.side);
          if (event.type === "round.opened") {
            round = event.data.round;
            offers.length = 0;
          }
          if (event.type === "offer.proposed" || event.type === "offer.countered") offers.push(event);
          if (event.type === "offer.accepted") accepted = event;
          if (event.type !== "agreement.confirmed") continue;
          agreements++;
          byRound.set(round, (byRound.get(round) ?? 0) + 1);
          const side = people.get(accepted!.by);
          const last = offers.findLast((offer) => people.get(offer.by) !== side && offer.seq < accepted!.seq);
          if (last?.type !== "offer.proposed" && last?.type !== "offer.countered") throw new Error("an offer was made");
          expect(last.data.hash).toBe(event.data.hash);
          expect(Date.parse(last.data.validUntil)).toBeGreaterThan(Date.parse(accepted!.at));
          const { terms: agreed, validUntil } = last.data;
          const maker = people.get(last.by) as "output" | "input";
          expect(hashOffer({ matchId, round, side: maker, terms: agreed, validUntil })).toBe(event.data.hash);
        }
        for (const count of byRound.values()) expect(count).toBe(1);
      }),
      { numRuns: 500 },
    );
    // Some 57 of them, give or take 7.
    expect(agreements).toBeGreaterThan(15);
  });

  it("has no event of anybody who may not do it", () => {
    const commandOf = {
      "chat.sent": "chat.send",
      "offer.proposed": "offer.propose",
      "offer.countered": "offer.counter",
      "offer.accepted": "offer.accept",
      "offer.rejected": "offer.reject",
      "offer.retracted": "offer.retract",
      "term.locked": "terms.lock",
      "term.unlocked": "terms.lock",
      "member.removed": "member.remove",
    } as const;
    fc.assert(
      fc.property(history, (steps) => {
        for (const { type, by } of play(steps).events) {
          const command = commandOf[type as keyof typeof commandOf];
          if (command) expect(mayCommand(people.find(({ id }) => id === by)!, command), `${type} by ${by}`).toBe(true);
        }
      }),
    );
  });

  it("does nothing for a system command that comes again", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const room = play(steps);
        const { acceptance, phase } = room.state;
        if (acceptance && phase === "confirming") {
          const confirm = {
            type: "agreement.confirm",
            hash: acceptance.hash,
            exchangeId: createId("exchange"),
          } as const;
          expect(room.system(confirm)).toHaveLength(1);
          expect(room.system(confirm)).toEqual([]);
          expect(room.system({ type: "acceptance.void", hash: acceptance.hash, reason: "quantity_taken" })).toEqual([]);
        }
        room.system({ type: "offers.expire" });
        expect(room.system({ type: "offers.expire" })).toEqual([]);
        expect(outcomeOf(room.send(people[8]!, { type: "member.remove", participantId: people[8]!.id }))).toBeTypeOf(
          "string",
        );
      }),
    );
  });
});
