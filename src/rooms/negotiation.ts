import { digestOf } from "../domain/canonicalJson.ts";
import type { MatchSide } from "../domain/match.ts";
import { hashOffer, type OfferTerms, type TermName, termNames } from "../domain/offer.ts";
import { convert } from "../domain/quantity.ts";
import { type Decision, happens, refuse } from "./decision.ts";
import type { Command } from "./protocol.ts";
import type { CommandContext } from "./room.ts";
import type { RoomOffer, RoomState } from "./state.ts";

export type OfferCommand = Extract<Command, { type: `offer.${string}` | "terms.lock" }>;

/** Offers of one round: more would be no bargaining. */
export const maximumOffers = 500;
const maximumValidityDays = 90;
const millisecondsPerDay = 86_400_000;

/** Decides on what one side does about offers. */
export function decideOffer(
  state: RoomState,
  command: OfferCommand,
  side: MatchSide,
  context: CommandContext,
): Decision {
  const { participant, at } = context;
  const by = participant.id;
  if (command.type === "offer.suggest")
    return whileOpen(state) ?? happens({ type: "offer.suggested", at, by, data: { terms: command.terms } });
  const blocked = whileOpen(state);
  if (blocked) return blocked;
  switch (command.type) {
    case "offer.propose":
      return decideProposal(state, command, side, context);
    case "offer.counter": {
      const fault = faultOfOther(state, command.hash, side, at);
      if (fault) return fault;
      const made = decideProposal(state, command, side, context);
      if (made.kind === "refused") return made;
      return happens(
        ...made.events.map((event) =>
          event.type === "offer.proposed"
            ? { ...event, type: "offer.countered" as const, data: { ...event.data, counters: command.hash } }
            : event,
        ),
      );
    }
    case "offer.accept":
      return (
        faultOfOther(state, command.hash, side, at) ??
        faultOfQuantity(state, state.offers[command.hash]!.terms, "/hash") ??
        happens({ type: "offer.accepted", at, by, data: { hash: command.hash } })
      );
    case "offer.reject": {
      const { hash, reason } = command;
      return faultOfOther(state, hash, side, at) ?? happens({ type: "offer.rejected", at, by, data: { hash, reason } });
    }
    case "offer.retract":
      return (
        faultOfOwn(state, command.hash, side, at) ??
        happens({ type: "offer.retracted", at, by, data: { hash: command.hash } })
      );
    case "terms.lock":
      return decideLock(state, command, side, context);
  }
}

/** Bargaining ends with the round; while an acceptance is being confirmed it stands still. */
export function whileOpen({ phase }: RoomState): Decision | null {
  if (phase === "confirming")
    return refuse(
      "room_confirming",
      "An offer is accepted and its quantities are being reserved; wait for the outcome.",
    );
  if (phase === "agreed") return refuse("room_agreed", "This round ended with an agreement.");
  if (phase === "closed") return refuse("room_closed", "This round is closed.");
  return null;
}

function decideProposal(
  state: RoomState,
  { terms, validUntil }: { terms: OfferTerms; validUntil: string },
  side: MatchSide,
  { participant, at }: CommandContext,
): Decision {
  if (Object.keys(state.offers).length >= maximumOffers)
    return refuse("too_many_offers", `A round has at most ${maximumOffers} offers.`);
  const validity = Date.parse(validUntil) - Date.parse(at);
  if (validity <= 0) return refuse("valid_until_past", "An offer must be valid for a while.", "/validUntil");
  if (validity > maximumValidityDays * millisecondsPerDay)
    return refuse("valid_until_far", `An offer is valid for at most ${maximumValidityDays} days.`, "/validUntil");
  const fault = faultOfQuantity(state, terms, "/terms/quantity") ?? faultOfSettled(state, terms);
  if (fault) return fault;
  const hash = hashOffer({ matchId: state.matchId, round: state.round, side, terms, validUntil });
  // The same terms again are the offer that stands.
  if (state.openOffers[side] === hash) return happens();
  return happens({ type: "offer.proposed", at, by: participant.id, data: { hash, terms, validUntil } });
}

/** Why an offer of the other side cannot be answered; null where it stands open. */
function faultOfOther(state: RoomState, hash: string, side: MatchSide, at: string): Decision | null {
  const offer = state.offers[hash];
  if (!offer) return refuse("offer_unknown", "There is no such offer in this round.", "/hash");
  if (offer.side === side) return refuse("offer_own", "This is your own side's offer.", "/hash");
  return faultOfState(offer, at);
}

function faultOfOwn(state: RoomState, hash: string, side: MatchSide, at: string): Decision | null {
  const offer = state.offers[hash];
  if (!offer) return refuse("offer_unknown", "There is no such offer in this round.", "/hash");
  if (offer.side !== side) return refuse("offer_not_own", "This is the other side's offer.", "/hash");
  return faultOfState(offer, at);
}

/** An offer ends at the moment that it names, whether or not somebody has noted that yet. */
function faultOfState({ state, validUntil }: RoomOffer, at: string): Decision | null {
  if (state !== "proposed") return refuse(`offer_${state}`, `This offer is ${state}.`, "/hash");
  if (Date.parse(validUntil) <= Date.parse(at)) return refuse("offer_expired", "This offer has expired.", "/hash");
  return null;
}

/** An offer lies between what either flow deals in at the least and what it has left. */
function faultOfQuantity({ flows }: RoomState, { quantity }: OfferTerms, pointer: string): Decision | null {
  for (const side of ["output", "input"] as const) {
    const { unit, remaining, minimumLot } = flows[side];
    const amount = convert(quantity.amount, quantity.unit, unit);
    if (!amount.ok)
      return refuse("quantity_dimension", `The ${side} is counted in ${unit}: ${amount.message}`, pointer);
    if (minimumLot !== null && amount.value < minimumLot * (1 - tolerance))
      return refuse("quantity_under_minimum_lot", `The ${side} deals in ${minimumLot} ${unit} at the least.`, pointer);
    if (amount.value > remaining * (1 + tolerance))
      return refuse("quantity_over_remaining", `Of the ${side} ${remaining} ${unit} are left.`, pointer);
  }
  return null;
}

/** Conversions between units are binary fractions. */
const tolerance = 1e-9;

function faultOfSettled(state: RoomState, terms: OfferTerms): Decision | null {
  const broken = settledTerms(state).find((term) => digestOf(terms[term]) !== state.locks[term]!.output);
  return broken === undefined
    ? null
    : refuse("term_settled", `Both sides have locked ${broken}; unlock it first.`, `/terms/${broken}`);
}

/** The terms of which both sides have locked the same value: no offer may say otherwise. */
function settledTerms({ locks }: RoomState): TermName[] {
  return termNames.filter((term) => {
    const { output, input } = locks[term] ?? {};
    return output !== undefined && output === input;
  });
}

function decideLock(
  state: RoomState,
  { term, hash }: Extract<OfferCommand, { type: "terms.lock" }>,
  side: MatchSide,
  { participant, at }: CommandContext,
): Decision {
  const by = participant.id;
  const own = state.locks[term]?.[side];
  if (hash === null)
    return own === undefined
      ? refuse("term_not_locked", `Your side has not locked ${term}.`, "/term")
      : happens({ type: "term.unlocked", at, by, data: { term } });
  const offer = state.offers[hash];
  if (!offer) return refuse("offer_unknown", "There is no such offer in this round.", "/hash");
  const fault = faultOfState(offer, at);
  if (fault) return fault;
  if (own === digestOf(offer.terms[term])) return happens();
  return happens({ type: "term.locked", at, by, data: { term, hash } });
}
