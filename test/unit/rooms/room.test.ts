import { describe, expect, it } from "vitest";
import { createId } from "../../../src/domain/ids.ts";
import { facilitatorId, outcomeOf, parties, personOf, RoomUnderTest, terms } from "../../support/roomWorld.ts";

const seller = personOf("output", "owner");
const buyer = personOf("input", "owner");
const clerk = personOf("input", "editor");
const broker = personOf("facilitator", "editor");

function propose(room: RoomUnderTest, by = seller, change = {}, seconds = 3_600) {
  return outcomeOf(room.send(by, { type: "offer.propose", terms: terms(change), validUntil: room.in(seconds) }));
}

describe("bargaining", () => {
  it("goes through offers and counter-offers to an acceptance by hash, and ends when the records have confirmed it", () => {
    const room = new RoomUnderTest();
    expect(propose(room)).toBe("offer.proposed");
    const first = room.offerOf("output")!;
    const counter = {
      type: "offer.counter",
      hash: first,
      terms: terms({ notes: "by rail" }),
      validUntil: room.in(600),
    } as const;
    expect(outcomeOf(room.send(clerk, counter))).toBe("offer.countered");
    expect(room.state.offers[first]!.state).toBe("countered");
    const second = room.offerOf("input")!;
    expect(outcomeOf(room.send(seller, { type: "offer.accept", hash: second }))).toBe("offer.accepted");
    expect(room.state).toMatchObject({ phase: "confirming", acceptance: { hash: second, by: seller.id } });
    expect(propose(room)).toBe("room_confirming");
    const exchangeId = createId("exchange");
    expect(room.system({ type: "agreement.confirm", hash: second, exchangeId })).toHaveLength(1);
    expect(room.state).toMatchObject({ phase: "agreed", agreement: { hash: second, exchangeId } });
    expect(room.system({ type: "agreement.confirm", hash: second, exchangeId })).toEqual([]);
    expect(propose(room)).toBe("room_agreed");
    expect(outcomeOf(room.send(clerk, { type: "chat.send", text: "Good." }))).toBe("chat.sent");
  });

  it("goes on where the records void an acceptance, on offers that are made anew", () => {
    const room = new RoomUnderTest();
    propose(room);
    const hash = room.offerOf("output")!;
    room.send(buyer, { type: "offer.accept", hash });
    room.system({ type: "acceptance.void", hash, reason: "quantity_taken" });
    expect(room.state).toMatchObject({ phase: "open", acceptance: null, openOffers: { output: null, input: null } });
    expect(outcomeOf(room.send(buyer, { type: "offer.accept", hash }))).toBe("offer_voided");
    expect(propose(room, seller, { notes: "less" })).toBe("offer.proposed");
  });

  it("leaves one open offer a side: a new one takes the place of the old", () => {
    const room = new RoomUnderTest();
    propose(room);
    const old = room.offerOf("output")!;
    propose(room, personOf("output", "editor"), { notes: "cheaper" });
    expect(room.state.offers[old]!.state).toBe("superseded");
    expect(outcomeOf(room.send(buyer, { type: "offer.accept", hash: old }))).toBe("offer_superseded");
  });

  it("takes no acceptance of an offer that is own, unknown, retracted, rejected, countered or expired, and says which", () => {
    const room = new RoomUnderTest();
    const accept = (hash: string) => outcomeOf(room.send(buyer, { type: "offer.accept", hash }));
    const offerAnew = (notes: string, seconds?: number) => {
      propose(room, seller, { notes }, seconds);
      return room.offerOf("output")!;
    };
    expect(accept("0".repeat(64))).toBe("offer_unknown");
    propose(room, buyer);
    expect(accept(room.offerOf("input")!)).toBe("offer_own");
    const retracted = offerAnew("a");
    room.send(seller, { type: "offer.retract", hash: retracted });
    expect(accept(retracted)).toBe("offer_retracted");
    const rejected = offerAnew("b");
    room.send(clerk, { type: "offer.reject", hash: rejected, reason: "too dear" });
    expect(accept(rejected)).toBe("offer_rejected");
    const countered = offerAnew("c");
    room.send(clerk, { type: "offer.counter", hash: countered, terms: terms(), validUntil: room.in(60) });
    expect(accept(countered)).toBe("offer_countered");
    const expired = offerAnew("d", 10);
    room.pass(10);
    expect(accept(expired)).toBe("offer_expired");
    expect(room.system({ type: "offers.expire" }).map(({ type }) => type)).toEqual(["offer.expired"]);
    expect(accept(expired)).toBe("offer_expired");
  });

  it("lets a side take back and answer only what is its own to take back and to answer", () => {
    const room = new RoomUnderTest();
    propose(room);
    const hash = room.offerOf("output")!;
    expect(outcomeOf(room.send(buyer, { type: "offer.retract", hash }))).toBe("offer_not_own");
    expect(outcomeOf(room.send(seller, { type: "offer.reject", hash, reason: null }))).toBe("offer_own");
  });

  it("keeps to what the flows deal in at the least and have left, in any unit of their dimension", () => {
    const room = new RoomUnderTest({ remaining: 1_000, minimumLot: 24 });
    const offer = (amount: number, unit: string) => propose(room, seller, { quantity: { amount, unit } });
    expect(offer(1_000, "t/a")).toBe("offer.proposed");
    expect(offer(1_000_000, "kg/a")).toBe("offer.proposed");
    expect(offer(1_001, "t/a")).toBe("quantity_over_remaining");
    expect(offer(23, "t/a")).toBe("quantity_under_minimum_lot");
    expect(offer(5, "m3/a")).toBe("quantity_dimension");
    const facts = { version: 2, unit: "t/a", remaining: 500, minimumLot: null };
    expect(room.system({ type: "flow.change", side: "output", facts })).toHaveLength(1);
    expect(
      room.system({ type: "flow.change", side: "output", facts: { ...facts, version: 1, remaining: 9_000 } }),
    ).toEqual([]);
    expect(offer(600, "t/a")).toBe("quantity_over_remaining");
    const open = room.offerOf("output")!;
    expect(outcomeOf(room.send(buyer, { type: "offer.accept", hash: open }))).toBe("quantity_over_remaining");
  });

  it("holds to terms on which both sides have locked the same value, until one unlocks", () => {
    const room = new RoomUnderTest();
    propose(room);
    const hash = room.offerOf("output")!;
    expect(outcomeOf(room.send(seller, { type: "terms.lock", term: "price", hash }))).toBe("term.locked");
    expect(propose(room, buyer, { price: { amount: "5.00", currency: "EUR", per: "t" } })).toBe("offer.proposed");
    expect(outcomeOf(room.send(clerk, { type: "terms.lock", term: "price", hash }))).toBe("term.locked");
    expect(outcomeOf(room.send(clerk, { type: "terms.lock", term: "price", hash }))).toBe("nothing");
    expect(propose(room, buyer, { price: { amount: "5.50", currency: "EUR", per: "t" } })).toBe("term_settled");
    expect(propose(room, buyer, { notes: "by rail" })).toBe("offer.proposed");
    expect(outcomeOf(room.send(clerk, { type: "terms.lock", term: "price", hash: null }))).toBe("term.unlocked");
    expect(outcomeOf(room.send(clerk, { type: "terms.lock", term: "price", hash: null }))).toBe("term_not_locked");
    expect(propose(room, buyer, { price: { amount: "5.50", currency: "EUR", per: "t" } })).toBe("offer.proposed");
  });

  it("bounds how long an offer is valid", () => {
    const room = new RoomUnderTest();
    expect(propose(room, seller, {}, 0)).toBe("valid_until_past");
    expect(propose(room, seller, {}, 91 * 86_400)).toBe("valid_until_far");
  });

  it("ends without an agreement when a side closes the room, and begins anew with the next round", () => {
    const room = new RoomUnderTest();
    propose(room);
    expect(room.system({ type: "round.open", round: 2 })).toEqual([]);
    expect(outcomeOf(room.send(clerk, { type: "room.close", reason: "Built our own boiler" }))).toBe("room.closed");
    expect(room.state).toMatchObject({ phase: "closed", closing: { by: "input" }, openOffers: { output: null } });
    expect(propose(room)).toBe("room_closed");
    room.system({ type: "round.open", round: 2 });
    expect(room.state).toMatchObject({ round: 2, phase: "open", offers: {}, closing: null });
    expect(propose(room)).toBe("offer.proposed");
  });
});

describe("who may do what", () => {
  it("follows from role: a viewer reads, an editor bargains, an owner accepts, invites and removes", () => {
    const room = new RoomUnderTest();
    propose(room);
    const hash = room.offerOf("output")!;
    const viewer = personOf("input", "viewer");
    expect(outcomeOf(room.send(viewer, { type: "read.mark", seq: 3 }))).toBe("read.marked");
    expect(outcomeOf(room.send(viewer, { type: "chat.send", text: "Hello" }))).toBe("role_too_small");
    expect(outcomeOf(room.send(clerk, { type: "offer.accept", hash }))).toBe("role_too_small");
    expect(outcomeOf(room.send(clerk, { type: "member.remove", participantId: viewer.id }))).toBe("role_too_small");
    expect(outcomeOf(room.send(buyer, { type: "offer.accept", hash }))).toBe("offer.accepted");
  });

  it("lets a facilitator talk and suggest, and never offer, accept or close", () => {
    const room = new RoomUnderTest();
    propose(room);
    const hash = room.offerOf("output")!;
    expect(outcomeOf(room.send(broker, { type: "chat.send", text: "Meet half-way?" }))).toBe("chat.sent");
    expect(outcomeOf(room.send(broker, { type: "offer.suggest", terms: terms() }))).toBe("offer.suggested");
    const head = personOf("facilitator", "owner");
    expect(propose(room, head)).toBe("role_too_small");
    expect(outcomeOf(room.send(head, { type: "offer.accept", hash }))).toBe("role_too_small");
    expect(outcomeOf(room.send(head, { type: "room.close", reason: "x" }))).toBe("role_too_small");
  });

  it("ends with removal, which a side may do to its own and to facilitators only, and comes back with an invitation", () => {
    const room = new RoomUnderTest();
    expect(outcomeOf(room.send(buyer, { type: "member.remove", participantId: seller.id }))).toBe("not_own_side");
    expect(outcomeOf(room.send(buyer, { type: "member.remove", participantId: "nobody" }))).toBe("unknown_participant");
    expect(outcomeOf(room.send(buyer, { type: "member.remove", participantId: clerk.id }))).toBe("member.removed");
    expect(outcomeOf(room.send(clerk, { type: "chat.send", text: "Still here?" }))).toBe("not_a_participant");
    expect(room.system({ type: "member.join", participant: clerk })).toEqual([]);
    const back = { type: "member.invite", memberId: clerk.id as `mem_${string}`, organizationId: null } as const;
    expect(outcomeOf(room.send(buyer, back))).toBe("member.invited");
    expect(room.system({ type: "member.join", participant: clerk })).toHaveLength(1);
    expect(outcomeOf(room.send(buyer, { type: "member.remove", participantId: broker.id }))).toBe("member.removed");
  });

  it("lets a side call in the facilitators of an organization, and neither side's own", () => {
    const room = new RoomUnderTest();
    const call = (organizationId: typeof facilitatorId | null) =>
      outcomeOf(room.send(buyer, { type: "member.invite", memberId: null, organizationId }));
    expect(call(facilitatorId)).toBe("member.invited");
    expect(call(facilitatorId)).toBe("nothing");
    expect(call(parties.output)).toBe("not_own_side");
    expect(call(null)).toBe("nobody_invited");
    expect(room.state.facilitatorIds).toEqual([facilitatorId]);
  });

  it("reads receipts forward only, and none of what has not happened", () => {
    const room = new RoomUnderTest();
    const mark = (seq: number) => outcomeOf(room.send(clerk, { type: "read.mark", seq }));
    expect([mark(5), mark(5), mark(3), mark(room.state.head + 1)]).toEqual([
      "read.marked",
      "nothing",
      "nothing",
      "seq_in_the_future",
    ]);
  });
});
