import type { Seat, Seats } from "./sockets.ts";

/** Changes that come together are told together; in a full room later, for each is told to all. */
const gatherMs = 200;
const gatherMsPerSeat = 5;
/** How often at most it is told again that somebody is typing. */
const typingEveryMs = 1_000;
/** In a room that is fuller nobody is told by name. */
const maximumTold = 200;

/** Who is there and who is writing: told, and never kept. */
export class Presence {
  readonly #seats: Seats;
  readonly #typing = new Map<string, { isTyping: boolean; toldAt: number }>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(seats: Seats) {
    this.#seats = seats;
  }

  set(seat: Seat, status: "active" | "away"): void {
    if (seat.session.status === status) return;
    this.#seats.change(seat, { status });
    this.tellSoon();
  }

  type(seat: Seat, isTyping: boolean): void {
    const { id } = seat.session.participant;
    const told = this.#typing.get(id);
    const now = Date.now();
    if (told && told.isTyping === isTyping && now - told.toldAt < typingEveryMs) return;
    this.#typing.set(id, { isTyping, toldAt: now });
    this.#seats.pass({ type: "typing", id, isTyping }, seat);
  }

  /** Tells everybody who is there, once for all that changes until then. */
  tellSoon(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = null;
        this.#tell();
      },
      gatherMs + gatherMsPerSeat * this.#seats.size,
    );
  }

  #tell(): void {
    const statuses = new Map<string, "active" | "away">();
    for (const { session } of this.#seats.all()) {
      const { id } = session.participant;
      // Active by any of one's sockets.
      if (session.isGreeted && statuses.get(id) !== "active") statuses.set(id, session.status);
    }
    const members = [...statuses].slice(0, maximumTold).map(([id, status]) => ({ id, status }));
    this.#seats.pass({ type: "presence", members });
  }
}
