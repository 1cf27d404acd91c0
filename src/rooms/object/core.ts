import type { MemberActor } from "../../domain/actor.ts";
import type { RoomFacts, RoomFlow } from "../../domain/roomFacts.ts";
import type { FlowFacts, NewRoomEvent, RoomEvent } from "../events.ts";
import type { RoomState } from "../state.ts";
import { decideForSystem, type SystemCommand } from "../systemCommands.ts";
import { Answers } from "./answers.ts";
import { Deadlines } from "./deadlines.ts";
import { Documents } from "./documents.ts";
import { Intents, idleReason, intentsOf } from "./intents.ts";
import { RoomLog } from "./log.ts";
import { createTables, hasTables } from "./schema.ts";
import { Seats } from "./sockets.ts";
import { Tickets } from "./tickets.ts";

/** A room in which nobody has done anything for so long is closed. */
const idleMs = 90 * 86_400_000;
/** A ring of the alarm behind an attempt that is going on, in case that nobody lives to see its end. */
export const intentLeaseMs = 15_000;

/** A room over its storage: what happens is written as one with all that follows, and then told. */
export class RoomCore {
  readonly log: RoomLog;
  readonly answers: Answers;
  readonly tickets: Tickets;
  readonly documents: Documents;
  readonly intents: Intents;
  readonly deadlines: Deadlines;
  readonly seats: Seats;
  readonly #storage: DurableObjectStorage;
  readonly #settle: () => void;
  #isOpen = false;

  /** `settle` is called when there is something new to tell the records. */
  constructor(state: DurableObjectState, settle: () => void) {
    const { storage } = state;
    this.#storage = storage;
    this.#settle = settle;
    this.answers = new Answers(storage.sql);
    this.log = new RoomLog(storage.sql, this.answers);
    this.tickets = new Tickets(storage.sql);
    this.documents = new Documents(storage.sql);
    this.intents = new Intents(storage.sql);
    this.deadlines = new Deadlines(storage.sql, storage);
    this.seats = new Seats(state, this.log);
    if (!hasTables(storage.sql)) return;
    this.#isOpen = true;
    this.answers.load();
    this.log.load();
    this.deadlines.load();
    this.seats.load();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get state(): RoomState {
    return this.log.state;
  }

  /** Opens the room for a match, where it is not open yet. */
  open(facts: RoomFacts): void {
    if (this.#isOpen) return;
    const { matchId, round, parties, flows } = facts;
    const at = new Date();
    const data = { matchId, round, parties, flows: { output: factsOf(flows.output), input: factsOf(flows.input) } };
    const opening = { type: "room.opened", at: at.toISOString(), by: "system", data } as const;
    const placed = this.#storage.transactionSync(() => {
      createTables(this.#storage.sql);
      this.log.begin(matchId);
      const placed = this.log.place([opening]);
      this.log.write(placed);
      return placed;
    });
    this.log.adopt(placed);
    this.#isOpen = true;
    this.deadlines.set("idle", at.getTime() + idleMs);
  }

  /**
   * Writes events with whatever belongs to them, and tells everybody; all of it or, where that throws, nothing. `command` is what led
   * to them, where one did. Gives the number of the last event.
   */
  happen(
    events: readonly NewRoomEvent[],
    command: { findActor: () => MemberActor; clientMessageId: string } | null,
    alongside?: () => void,
  ): number {
    const placed = this.log.place(events);
    const intents = intentsOf(this.state, placed.events, command?.findActor ?? null);
    const isMore = intents.length > 0;
    const write = () => {
      this.log.write(placed, command?.clientMessageId);
      for (const intent of intents) this.intents.add(intent);
      alongside?.();
    };
    // One row is written as one by itself, for less.
    if (events.length === 1 && !placed.isSnapshot && !isMore && !alongside) write();
    else this.#storage.transactionSync(write);
    this.log.adopt(placed);
    if (isMore) this.deadlines.setEarlier("intents", Date.now() + intentLeaseMs);
    this.deadlines.set("offers", this.#nextExpiry());
    this.seats.tell(placed);
    for (const event of placed.events)
      if (event.type === "member.removed")
        for (const seat of this.seats.all())
          if (seat.session.participant.id === event.data.id) this.seats.close(seat, "access_ended");
    if (isMore) this.#settle();
    return placed.end.seq;
  }

  /** The same for what happens without a member's doing; nothing where all is so already. */
  system(command: SystemCommand, alongside?: () => void): void {
    const events = decideForSystem(this.state, command, new Date().toISOString());
    if (events.length > 0) this.happen(events, null, alongside);
    else if (alongside) this.#storage.transactionSync(alongside);
  }

  /** Closes a room in which nobody does anything any more, and looks again when that may be; whether nobody does. */
  closeWhenIdle(now: number): boolean {
    const [body] = this.log.readBodies(this.log.head - 1, 1);
    const idleAt = Date.parse((JSON.parse(body!) as RoomEvent).at) + idleMs;
    const isIdle = idleAt <= now;
    this.deadlines.set("idle", isIdle ? now + idleMs : idleAt);
    if (isIdle) this.system({ type: "room.close", reason: idleReason });
    return isIdle;
  }

  /** Deletes all that is kept of the room: there is none any more. */
  async erase(): Promise<void> {
    for (const seat of this.seats.all()) this.seats.close(seat, "room_gone");
    this.#isOpen = false;
    this.log.forget();
    this.deadlines.forget();
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  #nextExpiry(): number | null {
    const { openOffers, offers } = this.state;
    let next: number | null = null;
    for (const hash of [openOffers.output, openOffers.input])
      if (hash !== null) next = Math.min(next ?? Number.POSITIVE_INFINITY, Date.parse(offers[hash]!.validUntil));
    return next;
  }
}

/** What a room's events tell of a flow. */
export function factsOf({ version, unit, remaining, minimumLot }: RoomFlow): FlowFacts {
  return { version, unit, remaining, minimumLot };
}
