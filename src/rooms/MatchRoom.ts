import { DurableObject } from "cloudflare:workers";
import type { RoomFacts } from "../domain/roomFacts.ts";
import { hasRoom } from "./capacity.ts";
import type { DocumentReference, Participant } from "./events.ts";
import { admit, enter, verifyAll, verifyNowAndThen } from "./object/admission.ts";
import { Conversation } from "./object/conversation.ts";
import { intentLeaseMs, RoomCore } from "./object/core.ts";
import type { DeadlineKind } from "./object/deadlines.ts";
import { Dealings } from "./object/dealings.ts";
import { Presence } from "./object/presence.ts";
import type { OpenRecords, RoomRecords } from "./object/records.ts";
import { closeQuietly, type KeptSession, lookEveryMs, stuckMs, turnAway } from "./object/sockets.ts";
import {
  type Admission,
  type Denial,
  type RoomLogPage,
  type RoomObject,
  type RoomView,
  type StoredDocument,
  type TicketGrant,
  ticketHeader,
} from "./roomObjects.ts";
import { pingText, pongText } from "./wire.ts";

/** After which a deadline that could not be kept is tried again. */
const retryMs = 30_000;
/** Characters of events in one page of the log, about. */
const pageCharacters = 1_000_000;

/**
 * The Durable Object of a room, one for each match, which holds the room's log and its sockets: it moves bytes, keeps its SQLite and
 * sets alarms; what happens in a room, `room.ts` decides. Nothing is awaited between a write and what is sent of it, for the platform
 * holds back what is sent until what was written before is safe.
 */
export function defineMatchRoom(openRecords: OpenRecords) {
  return class MatchRoom extends DurableObject implements Omit<RoomObject, "fetch"> {
    readonly #awakeSince = new Date().toISOString();
    readonly #core: RoomCore;
    readonly #records: RoomRecords;
    readonly #dealings: Dealings;
    readonly #presence: Presence;
    readonly #conversation: Conversation;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(pingText, pongText));
      this.#records = openRecords(env, (work) => state.waitUntil(work));
      this.#core = new RoomCore(state, () => state.waitUntil(this.#dealings.settle()));
      this.#dealings = new Dealings(this.#core, this.#records);
      this.#presence = new Presence(this.#core.seats);
      this.#conversation = new Conversation(this.#core, this.#presence);
    }

    override async fetch(request: Request): Promise<Response> {
      const now = Date.now();
      const core = this.#core;
      const grant = core.isOpen ? core.tickets.take(request.headers.get(ticketHeader) ?? "", now) : null;
      if (!grant) return new Response(null, { status: 401 });
      const { 0: theirs, 1: own } = new WebSocketPair();
      const { participant } = grant;
      const session: KeptSession = { ...grant, openedAt: now, status: "active", isGreeted: false, behind: null };
      if (this.#core.seats.reap(now)) this.#presence.tellSoon();
      const connected = core.seats.all().map((seat) => seat.session.participant);
      const isRoomLeft = hasRoom(participant, connected, core.state.participants);
      if (admit(core, participant) !== "admitted") turnAway(own, "access_ended");
      else if (!isRoomLeft) turnAway(own, "too_many_sockets");
      else {
        core.seats.accept(own, session);
        core.system({ type: "member.join", participant });
        core.deadlines.setEarlier("sockets", Math.min(now + lookEveryMs, grant.endsAt ?? Number.POSITIVE_INFINITY));
      }
      return new Response(null, { status: 101, webSocket: theirs });
    }

    async view(facts: RoomFacts, participant: Participant): Promise<RoomView | Denial> {
      const admission = enter(this.#core, this.#dealings, facts, participant);
      if (admission !== "admitted") return admission;
      const { epoch, head, firstSeq, state } = this.#core.log;
      return { epoch, head, firstSeq, state, awakeSince: this.#awakeSince };
    }

    async readLog(
      facts: RoomFacts,
      participant: Participant,
      after: number,
      limit: number,
    ): Promise<RoomLogPage | Denial> {
      const admission = enter(this.#core, this.#dealings, facts, participant);
      if (admission !== "admitted") return admission;
      const { log } = this.#core;
      const { epoch, head, firstSeq } = log;
      const isKept = after + 1 >= firstSeq;
      const data = isKept ? log.readBodies(after, limit, pageCharacters).map((body) => JSON.parse(body)) : null;
      return { epoch, head, firstSeq, data };
    }

    async keepTicket(facts: RoomFacts, hash: string, grant: TicketGrant, expiresAt: number): Promise<Admission> {
      const admission = enter(this.#core, this.#dealings, facts, grant.participant);
      if (admission !== "admitted") return admission;
      this.#core.tickets.keep(hash, grant, expiresAt, Date.now());
      return admission;
    }

    async keepDocument(
      facts: RoomFacts,
      participant: Participant,
      document: DocumentReference,
    ): Promise<Admission | "full"> {
      const admission = enter(this.#core, this.#dealings, facts, participant);
      if (admission !== "admitted") return admission;
      return this.#core.documents.keep(participant.organizationId, document) ? admission : "full";
    }

    async findDocument(
      facts: RoomFacts,
      participant: Participant,
      id: string,
    ): Promise<StoredDocument | Denial | null> {
      const admission = enter(this.#core, this.#dealings, facts, participant);
      if (admission !== "admitted") return admission;
      const { documents, state } = this.#core;
      const { organizationId } = participant;
      const own = documents.find(organizationId, id);
      if (own) return { ...own, organizationId };
      return state.documents[id] ? documents.findAny(id) : null;
    }

    async follow(facts: RoomFacts): Promise<void> {
      if (this.#core.isOpen) this.#dealings.follow(facts);
    }

    async verify(): Promise<void> {
      if (this.#core.isOpen) await verifyAll(this.#core, this.#records);
    }

    async drain(reconnectAfterMs: number): Promise<number> {
      const { seats } = this.#core;
      const all = seats.all();
      for (const seat of all) {
        seats.send(seat, { type: "notice", code: "draining", reconnectAfterMs });
        seats.close(seat, "draining");
      }
      return all.length;
    }

    override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
      const seat = this.#core.seats.find(socket);
      if (!seat) return;
      try {
        this.#conversation.take(seat, message);
      } catch (error) {
        this.#conversation.fail(seat, error);
      }
      if (this.#core.seats.find(socket)?.session.behind)
        this.#core.deadlines.setEarlier("sockets", Date.now() + stuckMs);
    }

    override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
      closeQuietly(socket, code, reason);
      if (this.#core.seats.forget(socket)) this.#presence.tellSoon();
    }

    override async webSocketError(socket: WebSocket): Promise<void> {
      if (this.#core.seats.forget(socket)) this.#presence.tellSoon();
    }

    override async alarm(): Promise<void> {
      if (!this.#core.isOpen) return;
      const now = Date.now();
      for (const kind of this.#core.deadlines.take(now))
        try {
          await this.#keepDeadline(kind, now);
        } catch (error) {
          console.error(JSON.stringify({ level: "error", event: "room_alarm_failed", kind, cause: String(error) }));
          this.#core.deadlines.setEarlier(kind, now + retryMs);
        }
    }

    async #keepDeadline(kind: DeadlineKind, now: number): Promise<void> {
      const core = this.#core;
      switch (kind) {
        case "offers":
          return core.system({ type: "offers.expire" });
        case "idle":
          return this.#dealings.lookAfter(now);
        case "sockets":
          if (this.#core.seats.reap(now)) this.#presence.tellSoon();
          core.deadlines.set("sockets", core.seats.nextLook(now));
          return verifyNowAndThen(core, this.#records, now);
        case "intents":
          // Set anew before the attempt, in case that it does not come back.
          core.deadlines.set("intents", now + intentLeaseMs);
          return this.#dealings.settle();
      }
    }
  };
}
