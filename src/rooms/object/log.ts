import type { MatchId } from "../../domain/ids.ts";
import type { NewRoomEvent, RoomEvent } from "../events.ts";
import { chain, type LogEnd, originOf } from "../log.ts";
import { applyEvent, openRoom, type RoomState } from "../state.ts";
import type { Answers } from "./answers.ts";

/** Events between two snapshots: as many are replayed at most when a room wakes. */
const snapshotEvery = 500;
/** Events that are kept: whoever is further behind gets the state in their place. */
export const keptEvents = 20_000;
const snapshotPartLength = 500_000;

/** Events in their places, what followed from them, and their texts as they are kept. */
export type Placed = {
  events: RoomEvent[];
  bodies: string[];
  state: RoomState;
  end: LogEnd;
  /** Whether a snapshot of all of it is due. */
  isSnapshot: boolean;
};

/** A room's log and the state that follows from it, in step with its storage. */
export class RoomLog {
  readonly #sql: SqlStorage;
  readonly #answers: Answers;
  #state: RoomState | null = null;
  #end: LogEnd = { seq: 0, hash: "" };
  #epoch = "";
  #firstSeq = 1;
  /** Number of the last event that is in a snapshot. */
  #snapshotAt = 0;

  constructor(sql: SqlStorage, answers: Answers) {
    this.#sql = sql;
    this.#answers = answers;
  }

  /** Reads what is kept: the last snapshot, and the events behind it with the answers to what led to them. */
  load(): void {
    const snapshot = this.#sql
      .exec<{ body: string }>("SELECT body FROM snapshots ORDER BY part")
      .toArray()
      .map(({ body }) => body)
      .join("");
    let state: RoomState | null = snapshot === "" ? null : JSON.parse(snapshot);
    this.#snapshotAt = state?.head ?? 0;
    let last: RoomEvent | null = null;
    for (const { body, client_message_id } of this.#sql.exec<{ body: string; client_message_id: string | null }>(
      "SELECT body, client_message_id FROM events WHERE seq > ? ORDER BY seq",
      this.#snapshotAt - 1,
    )) {
      last = JSON.parse(body) as RoomEvent;
      if (state !== null && last.seq === state.head) continue;
      state = state === null ? openRoom(last) : applyEvent(state, last);
      if (client_message_id !== null) this.#answers.remember(last.by, client_message_id, last.seq);
    }
    this.#state = state;
    if (last) this.#end = { seq: last.seq, hash: last.hash };
    this.#epoch = this.readMeta("epoch") ?? "";
    const { first } = this.#sql.exec<{ first: number | null }>("SELECT min(seq) AS first FROM events").one();
    this.#firstSeq = first ?? 1;
  }

  /** Begins a log, of which nobody has anything yet. */
  begin(matchId: MatchId): void {
    this.#epoch = crypto.randomUUID();
    this.writeMeta("epoch", this.#epoch);
    this.#end = originOf(matchId);
  }

  /** Forgets what it has in memory of a log that is deleted. */
  forget(): void {
    this.#state = null;
    this.#firstSeq = 1;
    this.#prunedTo = 0;
    this.#snapshotAt = 0;
    this.#answers.forgetRecent();
  }

  get state(): RoomState {
    if (this.#state === null) throw new TypeError("The room is not open.");
    return this.#state;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get head(): number {
    return this.#end.seq;
  }

  /** Number of the first event that is still there. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** Puts events in their places behind the last, and tells what follows from them; nothing is written yet. */
  place(events: readonly NewRoomEvent[]): Placed {
    let state = this.#state;
    let end = this.#end;
    const placed: RoomEvent[] = [];
    const bodies: string[] = [];
    for (const event of events) {
      const { event: next, body } = chain(event, end);
      state = state === null ? openRoom(next) : applyEvent(state, next);
      end = { seq: next.seq, hash: next.hash };
      placed.push(next);
      bodies.push(body);
    }
    const isSnapshot = Math.floor(end.seq / snapshotEvery) > Math.floor(this.#end.seq / snapshotEvery);
    return { events: placed, bodies, state: state!, end, isSnapshot };
  }

  /**
   * Writes what was placed, with the client's id of the command that led to it where one did; it holds once the transaction that this is
   * part of has come through, by `adopt`. One event without a snapshot is one row.
   */
  write({ events, bodies, state, isSnapshot }: Placed, clientMessageId: string | null = null): void {
    for (const [index, { seq }] of events.entries()) {
      const id = index === events.length - 1 ? clientMessageId : null;
      this.#sql.exec("INSERT INTO events (seq, body, client_message_id) VALUES (?, ?, ?)", seq, bodies[index]!, id);
    }
    if (isSnapshot) this.#keepSnapshot(state);
  }

  adopt({ state, end, isSnapshot }: Placed): void {
    if (isSnapshot) {
      this.#answers.forgetRecent();
      this.#snapshotAt = end.seq;
    }
    this.#state = state;
    this.#end = end;
    this.#firstSeq = Math.max(this.#firstSeq, this.#prunedTo + 1);
  }

  #prunedTo = 0;

  #keepSnapshot(state: RoomState): void {
    const text = JSON.stringify(state);
    this.#sql.exec("DELETE FROM snapshots");
    for (let part = 0; part * snapshotPartLength < text.length; part++)
      this.#sql.exec(
        "INSERT INTO snapshots (part, body) VALUES (?, ?)",
        part,
        text.slice(part * snapshotPartLength, (part + 1) * snapshotPartLength),
      );
    this.#answers.takeIn(this.#snapshotAt);
    this.#prunedTo = Math.max(state.head - keptEvents, 0);
    if (this.#prunedTo > 0) this.#sql.exec("DELETE FROM events WHERE seq <= ?", this.#prunedTo);
  }

  /** The texts of events behind a number, in order: as many as asked for at most, and no more than about so many characters. */
  readBodies(after: number, limit: number, characters = Number.POSITIVE_INFINITY): string[] {
    const bodies: string[] = [];
    let length = 0;
    for (const { body } of this.#sql.exec<{ body: string }>(
      "SELECT body FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
      after,
      limit,
    )) {
      bodies.push(body);
      length += body.length;
      if (length >= characters) break;
    }
    return bodies;
  }

  readMeta(name: string): string | null {
    const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = ?", name).toArray();
    return row?.value ?? null;
  }

  writeMeta(name: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }
}
