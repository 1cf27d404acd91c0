import type * as z from "zod";
import type { MatchId } from "../domain/ids.ts";
import { closeCodes } from "../rooms/closeCodes.ts";
import type { Participant, RoomEvent } from "../rooms/events.ts";
import type { CommandType, commandSchemas, ServerFrame } from "../rooms/protocol.ts";
import type { RoomState } from "../rooms/state.ts";
import type { SocketConstructor } from "./connection.ts";
import { Emitter } from "./emitter.ts";
import { RoomLost, RoomRefusal } from "./errors.ts";
import { Link, type RoomStatus } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { Reader } from "./reader.ts";
import { Replica } from "./replica.ts";
import { type Credential, fetchTicket } from "./ticket.ts";

export type RoomClientOptions = {
  /** Where the API is, without a path: https://api.example. */
  url: string;
  matchId: string;
  /** `start`: every event from the first on, as far as they are kept; `now`: the room as it stands, and what comes. */
  from?: "now" | "start";
  /** Where the platform has none, or another is wanted. */
  WebSocket?: SocketConstructor;
} & ({ credential: Credential } | { getTicket: () => Promise<string> });

/** A command as its sender writes it; the client gives it its id. */
export type RoomCommand = {
  [T in CommandType]: Omit<z.input<(typeof commandSchemas)[T]>, "clientMessageId">;
}[CommandType];

export type PresenceStatus = "active" | "away";

type Told = {
  /** Something happened; the state is the one behind it. */
  event: [event: RoomEvent, state: RoomState];
  /** The room was given as it stands, without the events that led there. */
  snapshot: [state: RoomState];
  /** What was known is void. */
  forgotten: [];
  presence: [members: ReadonlyMap<string, PresenceStatus>];
  typing: [ids: ReadonlySet<string>];
  status: [status: RoomStatus];
  /** The room could not make anything of a frame. */
  fault: [error: RoomRefusal];
};

/**
 * A room of a match as one member sees it. It connects when it is made, comes back after every drop, and keeps commands until they
 * are answered; `state` is what the room's own reducer makes of its events.
 */
export class RoomClient {
  /** Resolves with the reason when the client has gone for good. */
  readonly ended: Promise<RoomLost>;
  readonly #isWhole: boolean;
  readonly #emitter = new Emitter<Told>();
  readonly #outbox = new Outbox();
  readonly #reader = new Reader((seq) => this.#sendFrame({ type: "seen", seq }));
  readonly #replica: Replica;
  readonly #link: Link;
  readonly #presence = new Map<string, PresenceStatus>();
  readonly #typing = new Set<string>();
  #member: Participant | null = null;
  #ownPresence: PresenceStatus = "active";
  #loss: RoomLost | null = null;
  #resolveEnded!: (reason: RoomLost) => void;

  constructor(options: RoomClientOptions) {
    const { matchId, from, WebSocket } = options;
    const url = options.url.replace(/\/$/, "");
    this.#isWhole = from === "start";
    this.#replica = new Replica(matchId as MatchId, this.#isWhole);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const getTicket = "getTicket" in options ? options.getTicket : () => fetchTicket(url, matchId, options.credential);
    this.#link = new Link(getTicket, `${url.replace(/^http/, "ws")}/v1/rooms/${matchId}/socket`, WebSocket, {
      lastSeq: () => this.#replica.head,
      frame: (frame) => this.#take(frame),
      down: (code) => this.#down(code),
      status: (status) => this.#emitter.emit("status", status),
      lost: (loss) => this.#end(loss),
    });
  }

  /** Null until the room has been given, or its first event has come. */
  get state(): RoomState | null {
    return this.#replica.state;
  }

  /** Who this client is; null before it has been in. */
  get member(): Participant | null {
    return this.#member;
  }

  get status(): RoomStatus {
    return this.#link.status;
  }

  /** Who is connected, by participant's id. */
  get presence(): ReadonlyMap<string, PresenceStatus> {
    return this.#presence;
  }

  on<Kind extends keyof Told>(kind: Kind, listener: (...told: Told[Kind]) => void): () => void {
    return this.#emitter.on(kind, listener);
  }

  /**
   * Sends a command, again after each drop until it is answered. Resolves, when `state` has come so far, with the number of the last
   * event that it led to. Errors: `RoomRefusal` where nothing came of it, `RoomLost` where nobody knows.
   */
  send(command: RoomCommand): Promise<{ seq: number }> {
    return this.#loss ? Promise.reject(this.#loss) : this.#outbox.add(command);
  }

  setTyping(isTyping: boolean): void {
    this.#sendFrame({ type: "typing", isTyping });
  }

  setPresence(status: PresenceStatus): void {
    this.#ownPresence = status;
    this.#sendFrame({ type: "presence.set", status });
  }

  /** Resolves with the first state, this one or one to come, of which `isWanted` holds. Errors: `RoomLost`, and its own. */
  until(isWanted: (state: RoomState) => unknown = () => true): Promise<RoomState> {
    return new Promise((resolve, reject) => {
      const stops: (() => void)[] = [];
      const look = () => {
        const { state } = this;
        try {
          if (state === null || !isWanted(state)) return;
          resolve(state);
        } catch (error) {
          reject(error);
        }
        for (const stop of stops) stop();
      };
      stops.push(this.on("event", look), this.on("snapshot", look));
      void this.ended.then(reject);
      look();
    });
  }

  close(): void {
    this.#end(new RoomLost("closed_by_client", "The client was closed."));
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#welcome(frame);
        break;
      case "event":
        this.#takeEvent(frame.event);
        break;
      case "ack":
      case "error":
        if (frame.type === "error" && frame.code === "too_many_frames") this.#reader.repeat();
        if (!this.#outbox.answer(frame, this.#replica.head) && frame.type === "error")
          this.#emitter.emit("fault", new RoomRefusal(frame.code, frame.message, frame.errors));
        break;
      case "presence":
        this.#presence.clear();
        for (const { id, status } of frame.members) this.#presence.set(id, status);
        this.#emitter.emit("presence", this.#presence);
        break;
      case "typing":
        if (frame.isTyping) this.#typing.add(frame.id);
        else this.#typing.delete(frame.id);
        this.#emitter.emit("typing", this.#typing);
        break;
      case "notice":
        this.#link.waitFor(frame.reconnectAfterMs);
        break;
      // A later version of the service may say more.
    }
  }

  #welcome(frame: Extract<ServerFrame, { type: "welcome" }>): void {
    if (this.#replica.isOfAnother(frame.epoch)) {
      this.#outbox.fail(new RoomLost("epoch_changed", "The room's log is another one; this may have been in the old."));
      this.#emitter.emit("forgotten");
    }
    const outcome = this.#replica.welcome(frame);
    if (outcome === "useless") {
      this.#replica.forget(this.#isWhole);
      this.#link.restart("now", "what follows belongs to nothing that is known");
      return;
    }
    this.#member = frame.member;
    this.#link.open();
    const { head, state } = this.#replica;
    this.#reader.begin(head ?? 0);
    if (outcome === "snapshot") this.#emitter.emit("snapshot", state!);
    this.#outbox.caughtUp(head);
    this.#outbox.connect((text) => this.#link.send(text));
    if (this.#ownPresence !== "active") this.setPresence(this.#ownPresence);
  }

  #takeEvent(event: RoomEvent): void {
    const outcome = this.#replica.take(event);
    if (outcome === "broken")
      this.#end(new RoomLost("log_broken", `Event ${event.seq} is not what its hash says, or does not follow.`));
    else if (outcome === "gap") this.#link.restart("later", `event ${event.seq} came too early`);
    else if (outcome === "applied") {
      this.#reader.read(event.seq);
      this.#emitter.emit("event", event, this.#replica.state!);
      this.#outbox.caughtUp(event.seq);
    }
  }

  #down(code: number): void {
    this.#outbox.disconnect();
    this.#reader.stop();
    this.#presence.clear();
    this.#typing.clear();
    if (code !== closeCodes.seq_in_the_future.code) return;
    this.#replica.forget(this.#isWhole);
    this.#emitter.emit("forgotten");
  }

  #end(loss: RoomLost): void {
    if (this.#loss) return;
    this.#loss = loss;
    this.#link.end();
    this.#outbox.fail(loss);
    this.#resolveEnded(loss);
  }

  #sendFrame(frame: object): void {
    if (this.#link.status === "open") this.#link.send(JSON.stringify(frame));
  }
}
