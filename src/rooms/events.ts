import type { Role } from "../domain/actor.ts";
import type { ExchangeId, MatchId, OrganizationId } from "../domain/ids.ts";
import type { MatchSide } from "../domain/match.ts";
import type { OfferTerms, TermName } from "../domain/offer.ts";

/** Who takes part: a side of the match, or a programme's broker, who watches and suggests. */
export type RoomSide = MatchSide | "facilitator";

/** A person or a program in the room: the id of its member, or of its key where it speaks for the organization itself. */
export type Participant = {
  id: string;
  organizationId: OrganizationId;
  side: RoomSide;
  role: Role;
  name: string | null;
};

/** What a side's flow can still give or take, in its own unit, and the least that it deals in. */
export type FlowFacts = { version: number; unit: string; remaining: number; minimumLot: number | null };

export type DocumentReference = {
  documentId: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
};

type OfferMade = { hash: string; terms: OfferTerms; validUntil: string };

/** What happened in a room, by type. Every one is kept, numbered and chained. */
export type RoomEventData = {
  "room.opened": {
    matchId: MatchId;
    round: number;
    parties: Record<MatchSide, OrganizationId>;
    flows: Record<MatchSide, FlowFacts>;
  };
  "round.opened": { round: number };
  "member.joined": Participant;
  "member.left": { id: string };
  /** A member who had been removed, or all facilitators of an organization where `memberId` is null. */
  "member.invited": { memberId: string | null; organizationId: OrganizationId };
  "member.removed": { id: string };
  "chat.sent": { text: string };
  "read.marked": { seq: number };
  "offer.proposed": OfferMade;
  "offer.countered": OfferMade & { counters: string };
  "offer.suggested": { terms: OfferTerms };
  "offer.rejected": { hash: string; reason: string | null };
  "offer.retracted": { hash: string };
  "offer.expired": { hash: string };
  "offer.accepted": { hash: string };
  "agreement.confirmed": { hash: string; exchangeId: ExchangeId };
  "acceptance.voided": { hash: string; reason: string };
  "term.locked": { term: TermName; hash: string };
  "term.unlocked": { term: TermName };
  "document.attached": DocumentReference;
  "flow.changed": { side: MatchSide; facts: FlowFacts };
  "match.rescored": { holds: boolean; gates: readonly string[] };
  "measurement.updated": { side: MatchSide; at: string; value: number; unit: string };
  "room.closed": { reason: string; by: RoomSide | "system" };
};

export type RoomEventType = keyof RoomEventData;

/** An event that a command leads to, before it has its place. `by` is a participant's id, or `system`. */
export type NewRoomEvent = {
  [T in RoomEventType]: { type: T; at: string; by: string; data: RoomEventData[T] };
}[RoomEventType];

/** An event in its place: numbers are dense from 1, and each carries the hash of the one before. */
export type RoomEvent = NewRoomEvent & { seq: number; previousHash: string; hash: string };
