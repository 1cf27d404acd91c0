import type { ExchangeId } from "../domain/ids.ts";
import type { MatchSide } from "../domain/match.ts";
import type { FlowFacts, NewRoomEvent, Participant } from "./events.ts";
import type { RoomState } from "./state.ts";

/** What happens to a room without a member's doing. */
export type SystemCommand =
  | { type: "offers.expire" }
  | { type: "agreement.confirm"; hash: string; exchangeId: ExchangeId }
  | { type: "acceptance.void"; hash: string; reason: string }
  | { type: "round.open"; round: number }
  | { type: "flow.change"; side: MatchSide; facts: FlowFacts }
  | { type: "match.rescore"; holds: boolean; gates: readonly string[] }
  | { type: "measurement.update"; side: MatchSide; at: string; value: number; unit: string }
  | { type: "member.join"; participant: Participant }
  | { type: "member.leave"; id: string }
  | { type: "room.close"; reason: string };

const by = "system";

/** The events that such a command leads to; none where all is so already, so that it can come again. Pure. */
export function decideForSystem(state: RoomState, command: SystemCommand, at: string): NewRoomEvent[] {
  switch (command.type) {
    case "offers.expire":
      return Object.values(state.openOffers).flatMap((hash) =>
        hash !== null && Date.parse(state.offers[hash]!.validUntil) <= Date.parse(at)
          ? [{ type: "offer.expired", at, by, data: { hash } }]
          : [],
      );
    case "agreement.confirm": {
      const { hash, exchangeId } = command;
      if (state.acceptance?.hash !== hash || state.phase !== "confirming") return [];
      return [{ type: "agreement.confirmed", at, by, data: { hash, exchangeId } }];
    }
    case "acceptance.void": {
      const { hash, reason } = command;
      if (state.acceptance?.hash !== hash || state.phase !== "confirming") return [];
      return [{ type: "acceptance.voided", at, by, data: { hash, reason } }];
    }
    case "round.open":
      if (command.round <= state.round || (state.phase !== "agreed" && state.phase !== "closed")) return [];
      return [{ type: "round.opened", at, by, data: { round: command.round } }];
    case "flow.change":
      // Versions come in any order.
      if (command.facts.version <= state.flows[command.side].version) return [];
      return [{ type: "flow.changed", at, by, data: { side: command.side, facts: command.facts } }];
    case "match.rescore":
      return [{ type: "match.rescored", at, by, data: { holds: command.holds, gates: command.gates } }];
    case "measurement.update": {
      const { side, at: measuredAt, value, unit } = command;
      return [{ type: "measurement.updated", at, by, data: { side, at: measuredAt, value, unit } }];
    }
    case "member.join":
      return join(state, command.participant, at);
    case "member.leave":
      return state.participants[command.id] ? [{ type: "member.left", at, by, data: { id: command.id } }] : [];
    case "room.close":
      if (state.phase !== "open") return [];
      return [{ type: "room.closed", at, by, data: { reason: command.reason, by: "system" } }];
  }
}

/** Somebody who is there already joins again only as somebody else: with another role or name. */
function join(state: RoomState, participant: Participant, at: string): NewRoomEvent[] {
  const known = state.participants[participant.id];
  const isSame = known && known.role === participant.role && known.name === participant.name;
  if (isSame || state.removedIds.includes(participant.id)) return [];
  return [{ type: "member.joined", at, by, data: participant }];
}
