import type { MemberActor } from "./actor.ts";
import type { FlowStatus } from "./flow.ts";
import type { ExchangeId, FlowId, MatchId, OrganizationId } from "./ids.ts";
import type { GateVerdict, MatchSide, MatchState } from "./match.ts";
import type { OfferTerms } from "./offer.ts";

/** What a room must know of one of the two flows; amounts in its own unit. */
export type RoomFlow = {
  id: FlowId;
  version: number;
  status: FlowStatus;
  grade: string;
  unit: string;
  amount: number;
  remaining: number;
  minimumLot: number | null;
};

/** What the records say of a room's match, at one moment. */
export type RoomFacts = {
  matchId: MatchId;
  version: number;
  state: MatchState;
  round: number;
  /** Why it came to be in its state, where somebody said so. */
  reason: string | null;
  parties: Record<MatchSide, OrganizationId>;
  flows: Record<MatchSide, RoomFlow>;
  score: number;
  holds: boolean;
  gates: Readonly<Record<string, GateVerdict>>;
};

/** On which side somebody stands who may enter a room; a facilitator only once a side has invited its organization. */
export type RoomEntry = {
  facts: RoomFacts;
  side: MatchSide | "facilitator";
  name: string | null;
  /** When the key that was shown ends, in milliseconds; null for one without an end, and for a sign-in. */
  endsAt: number | null;
};

/** What both sides accepted, and who did so last: the records are asked to make an exchange of it. */
export type AcceptedOffer = {
  matchId: MatchId;
  round: number;
  exchangeId: ExchangeId;
  terms: OfferTerms;
  actor: MemberActor;
};

/** Whether the records have made an exchange of an accepted offer, or why they never will, as a stable word. */
export type AgreementOutcome = { kind: "agreed"; exchangeId: ExchangeId } | { kind: "refused"; reason: string };
