import type { MatchId } from "../domain/ids.ts";
import type { RoomEvent } from "../rooms/events.ts";
import { findLogFault, type LogEnd, originOf } from "../rooms/log.ts";
import type { ServerFrame } from "../rooms/protocol.ts";
import { applyEvent, openRoom, type RoomState } from "../rooms/state.ts";

type Welcome = Extract<ServerFrame, { type: "welcome" }>;

/** The room as this client has it: what it was given, and the events since, each checked against the one before. */
export class Replica {
  readonly #matchId: MatchId;
  #epoch: string | null = null;
  #state: RoomState | null = null;
  /** What the next event must be chained to; null behind a snapshot, which does not say. */
  #end: LogEnd | null;
  #head: number | null;

  /** `isWhole`: begins before the first event, and not with a snapshot. */
  constructor(matchId: MatchId, isWhole: boolean) {
    this.#matchId = matchId;
    this.#head = isWhole ? 0 : null;
    this.#end = isWhole ? originOf(matchId) : null;
  }

  get state(): RoomState | null {
    return this.#state;
  }

  /** Number of the last event, 0 before the first; null where a snapshot is yet to come. */
  get head(): number | null {
    return this.#head;
  }

  /** Begins anew; the epoch is kept, for by it the next welcome tells whether the log is another. */
  forget(isWhole: boolean): void {
    this.#state = null;
    this.#head = isWhole ? 0 : null;
    this.#end = isWhole ? originOf(this.#matchId) : null;
  }

  /** Whether what is known here is of another log than the one that a welcome speaks of. */
  isOfAnother(epoch: string): boolean {
    return this.#epoch !== null && this.#epoch !== epoch;
  }

  /** `kept`: events follow; `snapshot`: the state was given; `useless`: what follows belongs to another log, or to nothing. */
  welcome({ epoch, head, state }: Welcome): "kept" | "snapshot" | "useless" {
    const isOther = this.isOfAnother(epoch);
    this.#epoch = epoch;
    if (state === null) return this.#head === null || (isOther && this.#head > 0) ? "useless" : "kept";
    this.#state = state;
    this.#head = head;
    this.#end = null;
    return "snapshot";
  }

  /** `known` for one that came before; `gap` where one is missing; `broken` where it is not what its hash says, or does not follow. */
  take(event: RoomEvent): "applied" | "known" | "gap" | "broken" {
    if (this.#head === null || event.seq > this.#head + 1) return "gap";
    if (event.seq <= this.#head) return "known";
    const before = this.#end ?? { seq: this.#head, hash: event.previousHash };
    if (findLogFault([event], before)) return "broken";
    this.#state = this.#state === null ? openRoom(event) : applyEvent(this.#state, event);
    this.#head = event.seq;
    this.#end = { seq: event.seq, hash: event.hash };
    return "applied";
  }
}
