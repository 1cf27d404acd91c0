import type { MemberActor } from "../../domain/actor.ts";
import { type CloseName, closeCodes } from "../closeCodes.ts";
import type { Participant } from "../events.ts";
import type { ServerFrame } from "../protocol.ts";
import { type Bucket, fullBucket } from "../rate.ts";
import type { Placed, RoomLog } from "./log.ts";

/** Events that a client may leave unacknowledged while it hears what happens; with one more it is closed. */
export const maximumUnseen = 500;
/** The same while it is told what it has missed: then no more is sent until it says what it has taken. */
export const replayWindow = 500;
const replayBatch = 100;
const replayBatchCharacters = 1_000_000;
/** A client that is told what it has missed and acknowledges nothing for so long is closed. */
export const stuckMs = 30_000;
/** Whoever has not said `hello` by then is closed when it is looked after. */
const helloMs = 30_000;
/** One that has not asked for a sign of life for so long is gone: clients ask every 30 s. */
const silentMs = 100_000;
/** How often those are looked for who are to be closed: each look is an alarm, which costs as much as some messages. */
export const lookEveryMs = 240_000;

/** What a socket is for, kept with it while the room sleeps. */
export type Session = {
  participant: Participant;
  /** Until when its credential holds at most, in milliseconds. */
  endsAt: number | null;
  openedAt: number;
  status: "active" | "away";
  isGreeted: boolean;
  /** Up to which event it was told, and has taken, where it is still behind; null where it hears what happens. */
  behind: { sent: number; seen: number } | null;
};

/** The same with the actor that speaks through it: asked for seldom, so that a room has it in memory only then. */
export type KeptSession = Session & { actor: MemberActor };

/** A socket of somebody in the room, with what of it need not outlast sleep: a room only falls asleep when nobody has sent anything for a while. */
export type Seat = { socket: WebSocket; session: Session; bucket: Bucket; seen: number; seenAt: number };

/** Everybody who is connected. */
export class Seats {
  readonly #state: DurableObjectState;
  readonly #log: RoomLog;
  readonly #seats = new Map<WebSocket, Seat>();

  constructor(state: DurableObjectState, log: RoomLog) {
    this.#state = state;
    this.#log = log;
  }

  /** Finds again who was there before the room slept. */
  load(): void {
    for (const socket of this.#state.getWebSockets()) {
      const kept = socket.deserializeAttachment() as KeptSession | null;
      if (kept && socket.readyState === WebSocket.READY_STATE_OPEN)
        // Nothing was heard that woke the room, and a sign of life is the runtime's to tell.
        this.#seat(socket, kept, kept.openedAt);
    }
  }

  accept(socket: WebSocket, kept: KeptSession): Seat {
    this.#state.acceptWebSocket(socket);
    socket.serializeAttachment(kept);
    return this.#seat(socket, kept, Date.now());
  }

  #seat(socket: WebSocket, { actor: _, ...session }: KeptSession, seenAt: number): Seat {
    const seen = session.behind?.seen ?? this.#log.head;
    const seat = { socket, session, bucket: fullBucket(Date.now()), seen, seenAt };
    this.#seats.set(socket, seat);
    return seat;
  }

  find(socket: WebSocket): Seat | null {
    return this.#seats.get(socket) ?? null;
  }

  all(): Seat[] {
    return [...this.#seats.values()];
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Who speaks through a socket. */
  actorOf({ socket }: Seat): MemberActor {
    return (socket.deserializeAttachment() as KeptSession).actor;
  }

  change(seat: Seat, change: Partial<KeptSession>): void {
    const { actor, ...session } = { actor: this.actorOf(seat), ...seat.session, ...change };
    seat.session = session;
    seat.socket.serializeAttachment({ ...session, actor } satisfies KeptSession);
  }

  send(seat: Seat, frame: ServerFrame): void {
    this.sendText(seat, JSON.stringify(frame));
  }

  sendText({ socket }: Seat, text: string): void {
    try {
      socket.send(text);
    } catch {
      // It is closing: its client comes again with what it has.
      this.#seats.delete(socket);
    }
  }

  /** Tells everybody who hears what happens; who left too much of it unread goes. */
  tell({ bodies, end }: Placed): void {
    const frames = bodies.map(eventFrame);
    for (const seat of this.#seats.values()) {
      if (!seat.session.isGreeted || seat.session.behind) continue;
      if (end.seq - seat.seen > maximumUnseen) this.close(seat, "slow_reader");
      else for (const frame of frames) this.sendText(seat, frame);
    }
  }

  /** Passes on what leaves no trace. */
  pass(frame: ServerFrame, except?: Seat): void {
    const text = JSON.stringify(frame);
    for (const seat of this.#seats.values()) if (seat !== except && seat.session.isGreeted) this.sendText(seat, text);
  }

  /** Tells a socket what it has missed behind a number, as much at once as it may leave unacknowledged. */
  replay(seat: Seat, after: number): void {
    let sent = after;
    while (sent < this.#log.head && sent - seat.seen < replayWindow) {
      const batch = Math.min(replayBatch, replayWindow - (sent - seat.seen));
      const bodies = this.#log.readBodies(sent, batch, replayBatchCharacters);
      for (const body of bodies) this.sendText(seat, eventFrame(body));
      sent += bodies.length;
    }
    const behind = sent < this.#log.head ? { sent, seen: seat.seen } : null;
    if (behind !== null || seat.session.behind !== null) this.change(seat, { behind });
  }

  /** Takes it that a client has what it was sent up to a number; one that it cannot have counts for nothing. */
  acknowledge(seat: Seat, seq: number): void {
    const { behind } = seat.session;
    if (seq <= seat.seen || seq > (behind?.sent ?? this.#log.head)) return;
    seat.seen = seq;
    seat.seenAt = Date.now();
    if (behind) this.replay(seat, behind.sent);
  }

  close(seat: Seat, name: CloseName): void {
    this.#seats.delete(seat.socket);
    closeQuietly(seat.socket, closeCodes[name].code, name);
  }

  forget(socket: WebSocket): Seat | null {
    const seat = this.find(socket);
    this.#seats.delete(socket);
    return seat;
  }

  /** Lets go who is not there any more, or never said what for: gives whether anybody was. */
  reap(now: number): boolean {
    const before = this.#seats.size;
    for (const seat of this.#seats.values()) {
      const { openedAt, isGreeted, behind, endsAt } = seat.session;
      const heardAt = this.#state.getWebSocketAutoResponseTimestamp(seat.socket)?.getTime() ?? openedAt;
      if (endsAt !== null && endsAt <= now) this.close(seat, "session_over");
      else if (!isGreeted && now - openedAt >= helloMs) this.close(seat, "hello_late");
      else if (behind && now - seat.seenAt >= stuckMs) this.close(seat, "slow_reader");
      else if (now - Math.max(heardAt, seat.seenAt) >= silentMs) this.close(seat, "silent");
    }
    return this.#seats.size < before;
  }

  /** When somebody has to be looked after next: who is stuck soon, others each few minutes, and whose time is over then. */
  nextLook(now: number): number | null {
    let next: number | null = null;
    for (const { session, seenAt } of this.#seats.values()) {
      const { behind, endsAt } = session;
      const own = behind ? seenAt + stuckMs : now + lookEveryMs;
      next = Math.min(next ?? own, own, endsAt ?? own);
    }
    return next;
  }
}

function eventFrame(body: string): string {
  return `{"type":"event","event":${body}}`;
}

/** Closes a socket that gets no seat. It is not one that outlasts sleep: such a one, closed before it is open, ends when its client gives up. */
export function turnAway(socket: WebSocket, name: CloseName): void {
  socket.accept();
  closeQuietly(socket, closeCodes[name].code, name);
}

/** Codes that say that none was given may not be sent, nor may reasons of more than 123 bytes. */
export function closeQuietly(socket: WebSocket, code: number, reason: string): void {
  const isSendable = code === 1000 || (code >= 3000 && code <= 4999);
  try {
    socket.close(isSendable ? code : 1000, isSendable ? cutTo123Bytes(reason) : "");
  } catch {
    // It is closed.
  }
}

function cutTo123Bytes(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  // A character that is cut in two is left out.
  return bytes.length <= 123 ? reason : new TextDecoder().decode(bytes.subarray(0, 123)).replace(/\uFFFD$/, "");
}
