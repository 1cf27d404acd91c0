import type * as z from "zod";
import { digestOf } from "../domain/canonicalJson.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { MatchSide } from "../domain/match.ts";
import type { OfferContent, OfferState, TermName } from "../domain/offer.ts";
import type { RoomEvent } from "./events.ts";
import type { roomOfferSchema, roomStateSchema } from "./stateSchema.ts";

/** All that follows from the events of a room. Plain data: a snapshot is its JSON. */
export type RoomState = z.output<typeof roomStateSchema>;
export type RoomOffer = z.output<typeof roomOfferSchema>;

const freshRound = {
  offers: {},
  openOffers: { output: null, input: null },
  locks: {},
  acceptance: null,
  agreement: null,
  closing: null,
} satisfies Partial<RoomState>;

/** The state behind a room's first event. */
export function openRoom(event: RoomEvent): RoomState {
  if (event.type !== "room.opened") throw new TypeError(`A room begins with room.opened, not with ${event.type}.`);
  const { matchId, round, parties, flows } = event.data;
  return {
    matchId,
    round,
    phase: "open",
    parties,
    flows,
    participants: {},
    removedIds: [],
    facilitatorIds: [],
    ...freshRound,
    reads: {},
    documents: {},
    head: event.seq,
  };
}

/** The state after an event. The live room, a replay and a client all go through here and nowhere else. */
export function applyEvent(state: RoomState, event: RoomEvent): RoomState {
  if (event.seq !== state.head + 1) throw new RangeError(`Event ${event.seq} does not follow ${state.head}.`);
  return { ...change(state, event), head: event.seq };
}

/** A room from its whole log; null where that is empty. */
export function replay(events: readonly RoomEvent[]): RoomState | null {
  const [first, ...rest] = events;
  return first ? rest.reduce(applyEvent, openRoom(first)) : null;
}

function change(state: RoomState, event: RoomEvent): RoomState {
  switch (event.type) {
    case "room.opened":
      throw new TypeError("A room is opened once.");
    case "round.opened":
      return { ...state, ...freshRound, round: event.data.round, phase: "open" };
    case "member.joined":
      return { ...state, participants: { ...state.participants, [event.data.id]: event.data } };
    case "member.left":
      return { ...state, participants: without(state.participants, event.data.id) };
    case "member.invited":
      return invite(state, event.data);
    case "member.removed":
      return {
        ...state,
        participants: without(state.participants, event.data.id),
        removedIds: [...state.removedIds, event.data.id],
      };
    case "chat.sent":
    case "offer.suggested":
    case "match.rescored":
    case "measurement.updated":
      return state;
    case "read.marked":
      return { ...state, reads: { ...state.reads, [event.by]: event.data.seq } };
    case "offer.proposed":
      return placeOffer(state, event, event.data);
    case "offer.countered":
      return placeOffer(endOffer(state, event.data.counters, "countered"), event, event.data);
    case "offer.rejected":
      return endOffer(state, event.data.hash, "rejected");
    case "offer.retracted":
      return endOffer(state, event.data.hash, "retracted");
    case "offer.expired":
      return endOffer(state, event.data.hash, "expired");
    case "offer.accepted":
      return {
        ...endOffer(state, event.data.hash, "accepted"),
        phase: "confirming",
        acceptance: { hash: event.data.hash, by: event.by, at: event.at },
      };
    case "agreement.confirmed":
      return { ...endOpenOffers(state), phase: "agreed", agreement: { ...event.data, seq: event.seq } };
    case "acceptance.voided":
      return { ...endOffer(state, event.data.hash, "voided"), phase: "open", acceptance: null };
    case "term.locked":
      return setLock(state, event.by, event.data.term, valueDigest(state, event.data.hash, event.data.term));
    case "term.unlocked":
      return setLock(state, event.by, event.data.term, null);
    case "document.attached":
      return {
        ...state,
        documents: { ...state.documents, [event.data.documentId]: { ...event.data, by: event.by } },
      };
    case "flow.changed":
      return { ...state, flows: { ...state.flows, [event.data.side]: event.data.facts } };
    case "room.closed":
      return { ...endOpenOffers(state), phase: "closed", closing: event.data };
  }
}

function invite(
  state: RoomState,
  { memberId, organizationId }: { memberId: string | null; organizationId: OrganizationId },
): RoomState {
  if (memberId !== null) return { ...state, removedIds: state.removedIds.filter((id) => id !== memberId) };
  return { ...state, facilitatorIds: [...new Set([...state.facilitatorIds, organizationId])] };
}

/** A side's new offer takes the place of its open one. */
function placeOffer(
  state: RoomState,
  { by, at, seq }: RoomEvent,
  { hash, terms, validUntil }: { hash: string; terms: OfferContent["terms"]; validUntil: string },
): RoomState {
  const side = sideOf(state, by);
  const before = state.openOffers[side];
  const cleared = before === null ? state : endOffer(state, before, "superseded");
  const { matchId, round } = state;
  const offer: RoomOffer = { matchId, round, side, terms, validUntil, hash, by, at, seq, state: "proposed" };
  return {
    ...cleared,
    offers: { ...cleared.offers, [hash]: offer },
    openOffers: { ...cleared.openOffers, [side]: hash },
  };
}

function endOffer(state: RoomState, hash: string, ended: OfferState): RoomState {
  const offer = state.offers[hash];
  if (!offer) throw new RangeError(`There is no offer ${hash}.`);
  return {
    ...state,
    offers: { ...state.offers, [hash]: { ...offer, state: ended } },
    openOffers: state.openOffers[offer.side] === hash ? { ...state.openOffers, [offer.side]: null } : state.openOffers,
  };
}

function endOpenOffers(state: RoomState): RoomState {
  return Object.values(state.openOffers).reduce<RoomState>(
    (rest, hash) => (hash === null ? rest : endOffer(rest, hash, "superseded")),
    state,
  );
}

function setLock(state: RoomState, by: string, term: TermName, digest: string | null): RoomState {
  const side = sideOf(state, by);
  const { [side]: _, ...others } = state.locks[term] ?? {};
  return { ...state, locks: { ...state.locks, [term]: digest === null ? others : { ...others, [side]: digest } } };
}

function valueDigest(state: RoomState, hash: string, term: TermName): string {
  return digestOf(state.offers[hash]!.terms[term]);
}

/** The side of a participant of whom it is known that it is one of the two. */
function sideOf(state: RoomState, id: string): MatchSide {
  const side = state.participants[id]?.side;
  if (side !== "output" && side !== "input") throw new RangeError(`${id} is of neither side.`);
  return side;
}

function without<Value>(record: Record<string, Value>, key: string): Record<string, Value> {
  const { [key]: _, ...rest } = record;
  return rest;
}
