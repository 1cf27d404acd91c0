import { describe, expect, it } from "vitest";
import { createId } from "../../../src/domain/ids.ts";
import { afterClose, closeCodes } from "../../../src/rooms/closeCodes.ts";
import { errorCodes, serverFrameSchemas } from "../../../src/rooms/protocol.ts";
import { matchId, personOf, RoomUnderTest, terms } from "../../support/roomWorld.ts";

const seller = personOf("output", "owner");
const buyer = personOf("input", "owner");
const hash = "9f".repeat(32);

/** A room in which all kinds of things have happened. */
function livelyRoom(): RoomUnderTest {
  const room = new RoomUnderTest();
  room.send(seller, { type: "chat.send", text: "Good morning" });
  room.send(seller, { type: "offer.propose", terms: terms(), validUntil: room.in(60) });
  const first = room.offerOf("output")!;
  room.send(buyer, { type: "terms.lock", term: "price", hash: first });
  const counter = { terms: terms({ until: "2028-12-31", notes: "by rail" }), validUntil: room.in(60) };
  room.send(buyer, { type: "offer.counter", hash: first, ...counter });
  room.send(buyer, { type: "member.invite", memberId: null, organizationId: createId("organization") });
  room.send(seller, { type: "read.mark", seq: 3 });
  room.system({ type: "measurement.update", side: "output", at: room.now(), value: 71.5, unit: "Cel" });
  room.system({ type: "match.rescore", holds: true, gates: ["temperature"] });
  const second = room.offerOf("input")!;
  room.send(seller, { type: "offer.accept", hash: second });
  room.system({ type: "agreement.confirm", hash: second, exchangeId: createId("exchange") });
  room.system({ type: "member.leave", id: personOf("input", "viewer").id });
  return room;
}

describe("the frames that a room sends", () => {
  it("carry every event of a room, and its state, as they are", () => {
    const { events, state } = livelyRoom();
    expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(12);
    for (const event of events) {
      const frame = { type: "event", event };
      expect(serverFrameSchemas.event.parse(JSON.parse(JSON.stringify(frame)))).toEqual(frame);
    }
    const welcome = { type: "welcome", epoch: "e1", member: seller, head: state.head, state };
    expect(serverFrameSchemas.welcome.parse(JSON.parse(JSON.stringify(welcome)))).toEqual(welcome);
    expect(state).toMatchObject({ matchId, phase: "agreed", locks: { price: { input: expect.any(String) } } });
  });

  it("hold nothing that their schemas do not name", () => {
    const event = { seq: 1, type: "offer.expired", at: "2026-11-27T12:00:00.000Z", by: "system", data: { hash } };
    const sealed = { ...event, previousHash: hash, hash };
    expect(serverFrameSchemas.event.safeParse({ type: "event", event: sealed }).success).toBe(true);
    for (const spoiled of [
      { ...sealed, colour: "red" },
      { ...sealed, data: {} },
      { ...sealed, type: "offer.made" },
    ])
      expect(serverFrameSchemas.event.safeParse({ type: "event", event: spoiled }).success).toBe(false);
    const error = { type: "error", clientMessageId: null, code: "hello_first", message: "Say hello.", errors: [] };
    expect(serverFrameSchemas.error.safeParse(error).success).toBe(true);
    expect(serverFrameSchemas.error.safeParse({ ...error, code: "oops" }).success).toBe(false);
  });

  it("have one meaning for each word of refusal", () => {
    expect(new Set(errorCodes).size).toBe(errorCodes.length);
  });
});

describe("the close codes", () => {
  it("are each of one meaning, in the hundred that says what a client does", () => {
    const codes = Object.values(closeCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    const namesAfter = (after: string) =>
      Object.entries(closeCodes).flatMap(([name, { code }]) => (afterClose(code) === after ? [name] : []));
    expect(namesAfter("back_off")).toEqual(["slow_reader", "unavailable", "too_many_sockets", "hello_late"]);
    expect(namesAfter("reconnect_now")).toEqual(["draining", "session_over", "silent"]);
    expect(namesAfter("stop")).toHaveLength(7);
  });

  it("tell what to do after those that nobody knows", () => {
    expect([4099, 4150, 4299, 1000, 1001, 1006, 1012, 4300].map(afterClose)).toEqual([
      "stop",
      "back_off",
      "reconnect_now",
      ...Array(5).fill("back_off"),
    ]);
  });
});
