import { canonicalJson, digestOf } from "../domain/canonicalJson.ts";
import type { MatchId } from "../domain/ids.ts";
import { sha256 } from "../domain/sha256.ts";
import type { NewRoomEvent, RoomEvent } from "./events.ts";

/** The end of a log so far: what the next event is chained to. */
export type LogEnd = { seq: number; hash: string };

/** What the first event of a room is chained to. */
export function originOf(matchId: MatchId): LogEnd {
  return { seq: 0, hash: digestOf({ matchId }) };
}

/** An event in its place, and its JSON as it is kept and sent: the canonical one that was hashed, with the hash behind it. */
export type Chained = { event: RoomEvent; body: string };

/** Gives an event its place behind the end of a log. */
export function chain(event: NewRoomEvent, end: LogEnd): Chained {
  const { type, at, by, data } = event;
  const place = { seq: end.seq + 1, previousHash: end.hash };
  // In the order of its names, which is the canonical one.
  const content = canonicalJson({ at, by, data, previousHash: place.previousHash, seq: place.seq, type });
  const hash = sha256(content);
  return { event: { ...event, ...place, hash }, body: `${content.slice(0, -1)},"hash":"${hash}"}` };
}

/** What is wrong with a log: the first number at which it does not hold, and why. */
export type LogFault = { seq: number; fault: "gap" | "not_chained" | "changed" };

/** Whether events follow each other without a gap, each chained to the one before and as it was; null where all do. */
export function findLogFault(events: readonly RoomEvent[], before: LogEnd): LogFault | null {
  let end = before;
  for (const event of events) {
    if (event.seq !== end.seq + 1) return { seq: end.seq + 1, fault: "gap" };
    if (event.previousHash !== end.hash) return { seq: event.seq, fault: "not_chained" };
    if (chain(event, end).event.hash !== event.hash) return { seq: event.seq, fault: "changed" };
    end = event;
  }
  return null;
}
