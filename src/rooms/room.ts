import type { Role } from "../domain/actor.ts";
import type { MatchSide } from "../domain/match.ts";
import { type Decision, happens, refuse } from "./decision.ts";
import type { DocumentReference, Participant } from "./events.ts";
import { decideOffer, whileOpen } from "./negotiation.ts";
import type { Command, CommandType } from "./protocol.ts";
import type { RoomState } from "./state.ts";

/** Who does something, and when. */
export type CommandContext = {
  participant: Participant;
  /** RFC 3339 in UTC. */
  at: string;
  /** The uploaded document that the command names, where it names one that is there. */
  document?: DocumentReference | undefined;
};

/** The least role for each command on a side of the match, and whether a facilitator may. */
const permissions: Record<CommandType, { role: Role; facilitator: boolean }> = {
  "chat.send": { role: "editor", facilitator: true },
  "offer.propose": { role: "editor", facilitator: false },
  "offer.counter": { role: "editor", facilitator: false },
  "offer.suggest": { role: "editor", facilitator: true },
  "offer.accept": { role: "owner", facilitator: false },
  "offer.reject": { role: "editor", facilitator: false },
  "offer.retract": { role: "editor", facilitator: false },
  "terms.lock": { role: "editor", facilitator: false },
  "read.mark": { role: "viewer", facilitator: true },
  "document.attach": { role: "editor", facilitator: true },
  "member.invite": { role: "owner", facilitator: false },
  "member.remove": { role: "owner", facilitator: false },
  "room.close": { role: "editor", facilitator: false },
};

const order: readonly Role[] = ["viewer", "editor", "owner"];

/** Documents of one room. */
export const maximumDocuments = 200;

/** Which commands a participant may send at all. */
export function mayCommand({ side, role }: Pick<Participant, "side" | "role">, type: CommandType): boolean {
  const least = permissions[type];
  if (side === "facilitator" && !least.facilitator) return false;
  return order.indexOf(role) >= order.indexOf(least.role);
}

/** Decides on a participant's command: the events that it leads to, or why it leads to none. Pure. */
export function decide(state: RoomState, command: Command, context: CommandContext): Decision {
  const { participant, at } = context;
  const by = participant.id;
  if (!state.participants[by]) return refuse("not_a_participant", "You are not, or no longer, in this room.");
  if (!mayCommand(participant, command.type))
    return refuse("role_too_small", `The ${participant.side}'s ${participant.role} may not send ${command.type}.`);
  switch (command.type) {
    case "chat.send":
      return happens({ type: "chat.sent", at, by, data: { text: command.text } });
    case "read.mark":
      return decideRead(state, command.seq, context);
    case "document.attach":
      return decideDocument(state, context);
    case "member.invite":
      return decideInvitation(state, command, context);
    case "member.remove":
      return decideRemoval(state, command.participantId, context);
    case "room.close":
      return (
        whileOpen(state) ??
        happens({ type: "room.closed", at, by, data: { reason: command.reason, by: participant.side } })
      );
    default:
      return decideOffer(state, command, participant.side as MatchSide, context);
  }
}

/** A receipt goes forward only; one of less than is read already says nothing new. */
function decideRead(state: RoomState, seq: number, { participant: { id }, at }: CommandContext): Decision {
  if (seq > state.head) return refuse("seq_in_the_future", `The last event has the number ${state.head}.`, "/seq");
  if (seq <= (state.reads[id] ?? 0)) return happens();
  return happens({ type: "read.marked", at, by: id, data: { seq } });
}

function decideDocument(state: RoomState, { participant, at, document }: CommandContext): Decision {
  if (!document)
    return refuse("unknown_document", "No such document was uploaded to this room by your side.", "/documentId");
  if (state.documents[document.documentId]) return happens();
  if (Object.keys(state.documents).length >= maximumDocuments)
    return refuse("too_many_documents", `A room has at most ${maximumDocuments} documents.`);
  return happens({ type: "document.attached", at, by: participant.id, data: document });
}

/** A side lets back in whom it has removed of its own, or lets an organization's facilitators in. */
function decideInvitation(
  state: RoomState,
  { memberId, organizationId }: Extract<Command, { type: "member.invite" }>,
  { participant, at }: CommandContext,
): Decision {
  const by = participant.id;
  const own = participant.organizationId;
  if ((memberId === null) === (organizationId === null))
    return refuse("nobody_invited", "Name a member of your own, or an organization whose facilitators are to come in.");
  if (memberId !== null) {
    if (!state.removedIds.includes(memberId)) return happens();
    return happens({ type: "member.invited", at, by, data: { memberId, organizationId: own } });
  }
  if (Object.values(state.parties).includes(organizationId!))
    return refuse("not_own_side", "The two sides are in the room already.", "/organizationId");
  if (state.facilitatorIds.includes(organizationId!)) return happens();
  return happens({ type: "member.invited", at, by, data: { memberId: null, organizationId: organizationId! } });
}

/** A side removes its own people and facilitators, and never the other side's. */
function decideRemoval(state: RoomState, id: string, { participant, at }: CommandContext): Decision {
  const found = state.participants[id];
  if (!found) return refuse("unknown_participant", "Nobody of that id is in the room.", "/participantId");
  if (found.side !== participant.side && found.side !== "facilitator")
    return refuse("not_own_side", "That is the other side's.", "/participantId");
  return happens({ type: "member.removed", at, by: participant.id, data: { id } });
}
