import type { MemberActor } from "../domain/actor.ts";
import type { MatchId, OrganizationId } from "../domain/ids.ts";
import type { RoomFacts } from "../domain/roomFacts.ts";
import type { DocumentReference, Participant, RoomEvent } from "./events.ts";
import type { RoomState } from "./state.ts";

/** What a ticket lets in: as verified when it was given, and until when its credential holds at most, in milliseconds. */
export type TicketGrant = { participant: Participant; actor: MemberActor; endsAt: number | null };

/**
 * A room as it stands. `firstSeq` is the number of the first event that is still kept; `awakeSince` (RFC 3339) is when its object
 * came into memory, for it sleeps while nothing happens and its sockets stay.
 */
export type RoomView = { epoch: string; head: number; firstSeq: number; state: RoomState; awakeSince: string };

/** A part of the log; `data` is null where the events that were asked for are kept no longer. */
export type RoomLogPage = { epoch: string; head: number; firstSeq: number; data: RoomEvent[] | null };

/** Why somebody of one of the organizations may not come in, or that it may. */
export type Admission = "admitted" | Denial;
export type Denial = "removed" | "not_invited";

/** A document as it was uploaded, and by whom. */
export type StoredDocument = DocumentReference & { organizationId: OrganizationId };

/** The objects that hold rooms, one for each match. All but `follow` and `verify` open a room that is not open yet. */
export type RoomObject = {
  /** A socket, by the ticket whose hash the header carries; 401 where that lets nobody in. */
  fetch(address: string, init: { headers: Record<string, string> }): Promise<Response>;
  view(facts: RoomFacts, participant: Participant): Promise<RoomView | Denial>;
  readLog(facts: RoomFacts, participant: Participant, after: number, limit: number): Promise<RoomLogPage | Denial>;
  keepTicket(facts: RoomFacts, hash: string, grant: TicketGrant, expiresAt: number): Promise<Admission>;
  /** `full` where the organization has uploaded as many as it may. */
  keepDocument(facts: RoomFacts, participant: Participant, document: DocumentReference): Promise<Admission | "full">;
  /** Null where there is none, or the other side has yet to attach it. */
  findDocument(facts: RoomFacts, participant: Participant, id: string): Promise<StoredDocument | Denial | null>;
  /** Tells a room that is open what its records say now. */
  follow(facts: RoomFacts): Promise<void>;
  /** Lets it ask anew whether everybody in it may still be there. */
  verify(): Promise<void>;
  /** Sends everybody away, to come back after so many milliseconds; how many there were. */
  drain(reconnectAfterMs: number): Promise<number>;
};

export type RoomObjects = { getByName(name: MatchId): RoomObject };

/** By which the hash of a ticket reaches the object. */
export const ticketHeader = "turash-room-ticket";
