import type { Role } from "../../src/domain/actor.ts";
import { createId, idFromUuid } from "../../src/domain/ids.ts";
import type { MatchSide } from "../../src/domain/match.ts";
import type { OfferTerms } from "../../src/domain/offer.ts";
import type { Decision } from "../../src/rooms/decision.ts";
import type { NewRoomEvent, Participant, RoomEvent, RoomSide } from "../../src/rooms/events.ts";
import { chain, type LogEnd, originOf } from "../../src/rooms/log.ts";
import type { Command, CommandType } from "../../src/rooms/protocol.ts";
import { decide } from "../../src/rooms/room.ts";
import { applyEvent, openRoom, type RoomState } from "../../src/rooms/state.ts";
import { decideForSystem, type SystemCommand } from "../../src/rooms/systemCommands.ts";

const startMs = Date.parse("2026-11-27T12:00:00.000Z");

export const matchId = idFromUuid("match", "018f4d6e-7b3a-7cc0-8000-00000000000c");
export const parties = { output: createId("organization"), input: createId("organization") };
export const facilitatorId = createId("organization");

export function participant(side: RoomSide, role: Role, name = `${side} ${role}`): Participant {
  const organizationId = side === "facilitator" ? facilitatorId : parties[side];
  return { id: createId("member"), organizationId, side, role, name };
}

/** One of each side and role. */
export const people = (["output", "input", "facilitator"] as const).flatMap((side) =>
  (["viewer", "editor", "owner"] as const).map((role) => participant(side, role)),
);

export function terms(change: Partial<OfferTerms> = {}): OfferTerms {
  return {
    quantity: { amount: 100, unit: "t/a" },
    price: { amount: "6.00", currency: "EUR", per: "t" },
    from: "2027-01-01",
    until: null,
    deliveryPoint: null,
    quality: {},
    notes: null,
    ...change,
  };
}

/** A command but for its client's id. */
type Unsent = { [T in CommandType]: Omit<Extract<Command, { type: T }>, "clientMessageId"> }[CommandType];

/** A room in memory, with a clock of its own. */
export class RoomUnderTest {
  readonly events: RoomEvent[] = [];
  state: RoomState;
  #end: LogEnd = originOf(matchId);
  #ms = startMs;

  constructor({ remaining = 1_000, minimumLot = null as number | null } = {}) {
    const facts = { version: 1, unit: "t/a", remaining, minimumLot };
    const data = { matchId, round: 1, parties, flows: { output: facts, input: facts } };
    const opened = this.#seal({ type: "room.opened", at: this.now(), by: "system", data });
    this.state = openRoom(opened);
    for (const each of people) this.system({ type: "member.join", participant: each });
  }

  now(): string {
    return new Date(this.#ms).toISOString();
  }

  in(seconds: number): string {
    return new Date(this.#ms + seconds * 1_000).toISOString();
  }

  pass(seconds: number): void {
    this.#ms += seconds * 1_000;
  }

  send(by: Participant, command: Unsent): Decision {
    const whole = { clientMessageId: crypto.randomUUID(), ...command } as unknown as Command;
    const decision = decide(this.state, whole, { participant: by, at: this.now() });
    if (decision.kind === "happens") this.#apply(decision.events);
    return decision;
  }

  system(command: SystemCommand): NewRoomEvent[] {
    const events = decideForSystem(this.state, command, this.now());
    this.#apply(events);
    return events;
  }

  /** The open offer of a side. */
  offerOf(side: MatchSide): string | null {
    return this.state.openOffers[side];
  }

  #apply(events: readonly NewRoomEvent[]): void {
    for (const event of events) this.state = applyEvent(this.state, this.#seal(event));
  }

  #seal(event: NewRoomEvent): RoomEvent {
    const { event: sealed } = chain(event, this.#end);
    this.#end = sealed;
    this.events.push(sealed);
    return sealed;
  }
}

/** What a decision came to, in a word: the types of its events, or the code of its refusal. */
export function outcomeOf(decision: Decision): string {
  return decision.kind === "refused" ? decision.code : decision.events.map(({ type }) => type).join(", ") || "nothing";
}

export function personOf(side: RoomSide, role: Role): Participant {
  return people.find((each) => each.side === side && each.role === role)!;
}
