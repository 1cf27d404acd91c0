import type { MatchId } from "../../src/domain/ids.ts";
import { hashOffer } from "../../src/domain/offer.ts";
import { type RoomEvent, roomEventSchema } from "../../src/rooms/events.ts";
import { findLogFault, type LogEnd, type LogFault, originOf } from "../../src/rooms/log.ts";
import { applyEvent, openRoom, type RoomState } from "../../src/rooms/state.ts";
import type { SavedLog } from "./readRoomLog.ts";

/** An agreement that a log holds: on which offer, and which exchange the records made of it. */
export type LoggedAgreement = { round: number; seq: number; hash: string; exchangeId: string };

export type RoomLogReport = {
  /** Null where the log does not begin with the room's opening. */
  matchId: MatchId | null;
  events: number;
  /** The first and the last number, and the last hash; null where there is nothing. */
  first: number | null;
  last: number | null;
  hash: string | null;
  agreements: LoggedAgreement[];
  /** The first number at which the log does not hold, and why; null where it does. */
  fault: { seq: number; message: string } | null;
};

const faults: Record<LogFault["fault"], string> = {
  gap: "is missing, or its number is another",
  not_chained: "does not carry the hash of the event before it: it was put in, or one before it was changed or removed",
  changed: "is not what its hash says: it was changed",
};

/**
 * Verifies a log offline: its numbers, its chain, and, where it begins with the opening, that every event can follow the ones before,
 * that every offer has the hash that its terms give, and that what was agreed is the offer that was accepted.
 */
export function verifyRoomLog({ events: saved, head }: SavedLog): RoomLogReport {
  const report: RoomLogReport = {
    matchId: null,
    events: saved.length,
    first: null,
    last: null,
    hash: null,
    agreements: [],
    fault: null,
  };
  let end: LogEnd | null = null;
  let state: RoomState | null = null;
  for (const each of saved) {
    const expected: number = (end?.seq ?? 0) + 1;
    const { data: event, error } = roomEventSchema.safeParse(each);
    if (!event) return { ...report, fault: { seq: seqOf(each) ?? expected, message: `is no event: ${error.message}` } };
    const opening = event.seq === 1 && event.type === "room.opened" ? event.data.matchId : null;
    const before: LogEnd = end ?? (opening ? originOf(opening) : { seq: event.seq - 1, hash: event.previousHash });
    const found = findLogFault([event], before);
    if (found) return { ...report, fault: { seq: found.seq, message: faults[found.fault] } };
    if (end === null) {
      report.matchId = opening;
      report.first = event.seq;
    }
    if (report.matchId !== null) {
      const outcome = follow(state, event);
      if (typeof outcome === "string") return { ...report, fault: { seq: event.seq, message: outcome } };
      if (event.type === "agreement.confirmed")
        report.agreements.push({ round: outcome.round, seq: event.seq, ...event.data });
      state = outcome;
    }
    end = { seq: event.seq, hash: event.hash };
    report.last = end.seq;
    report.hash = end.hash;
  }
  if (end === null) return { ...report, fault: { seq: 1, message: "is missing: the log is empty" } };
  if (head !== null && end.seq < head)
    return { ...report, fault: { seq: end.seq + 1, message: `is missing: the log goes to ${head}` } };
  return report;
}

/** The state behind an event, or why it cannot be there. */
function follow(before: RoomState | null, event: RoomEvent): RoomState | string {
  let state: RoomState;
  try {
    state = before === null ? openRoom(event) : applyEvent(before, event);
  } catch (error) {
    return `cannot follow: ${(error as Error).message}`;
  }
  if (event.type === "offer.proposed" || event.type === "offer.countered") {
    const { hash } = event.data;
    if (hashOffer(state.offers[hash]!) !== hash) return "has an offer whose hash is not that of its terms";
  }
  if (event.type === "agreement.confirmed" && before?.acceptance?.hash !== event.data.hash)
    return "confirms an agreement on another offer than the one that was accepted";
  return state;
}

function seqOf(event: unknown): number | null {
  const { seq } = (event ?? {}) as { seq?: unknown };
  return typeof seq === "number" ? seq : null;
}
