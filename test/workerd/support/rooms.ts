import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { MatchId } from "../../../src/domain/ids.ts";
import type { OfferTerms } from "../../../src/domain/offer.ts";
import type { RoomEvent } from "../../../src/rooms/events.ts";
import { serverFrameSchemas } from "../../../src/rooms/protocol.ts";
import { type Json, origin, succeed } from "./client.ts";
import { createPair, type Pair } from "./tenants.ts";

export const soon = { timeout: 20_000, interval: 20 };

/** A pair whose two sides have shown interest: from then on there is a room. */
export async function createRoom(flow: object = {}, need: object = {}): Promise<Pair & { matchId: MatchId }> {
  const pair = await createPair(flow, need);
  await befriend(pair.matchId, pair.seller.key, pair.buyer.key);
  return pair as Pair & { matchId: MatchId };
}

export async function befriend(matchId: string, ...keys: string[]): Promise<void> {
  for (const key of keys) await succeed(200, "POST", `/v1/matches/${matchId}/interest`, { key });
}

export const roomOf = (matchId: string) => env.ROOMS.getByName(matchId);
export const pathOf = (matchId: string) => `/v1/rooms/${matchId}`;
export const stateOf = async (matchId: string, key: string): Promise<Json> =>
  (await succeed(200, "GET", pathOf(matchId), { key })).state;

/** The whole log, as pages give it. */
export async function logOf(matchId: string, key: string): Promise<RoomEvent[]> {
  const events: RoomEvent[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Json = await succeed(200, "GET", `${pathOf(matchId)}/events?after=${after}`, { key });
    events.push(...page.data);
    after = page.nextAfter;
  }
  return events;
}

export async function ticketFor(matchId: string, key: string): Promise<string> {
  return (await succeed(201, "POST", `${pathOf(matchId)}/tickets`, { key })).ticket;
}

/** Ends the object, where it runs at this moment, as the platform does. */
export async function evict(matchId: string, webSockets: "hibernate" | "close" = "hibernate"): Promise<void> {
  await evictDurableObject(roomOf(matchId), { webSockets }).catch((error: Error) => {
    if (!error.message.includes("not currently running")) throw error;
  });
}

/** Asks for a room's socket; for one that is refused, the answer alone. */
export async function upgrade(matchId: string, query: string, headers: Record<string, string> = {}): Promise<Response> {
  const asked = new Request(`${origin}${pathOf(matchId)}/socket${query}`, {
    headers: { upgrade: "websocket", "sec-websocket-protocol": "turash.room.v1", ...headers },
  });
  return exports.default.fetch(asked) as Promise<Response>;
}

/** One socket of a room, and what came by it; every frame is held to the protocol. */
export class RoomSocket {
  readonly frames: Json[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (data === "pong") return;
      const frame = JSON.parse(data as string);
      const schema = serverFrameSchemas[frame.type as keyof typeof serverFrameSchemas];
      this.frames.push(schema.parse(frame));
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed ??= { code, reason };
    });
    socket.accept();
  }

  sendRaw(data: string | ArrayBuffer): void {
    this.#socket.send(data);
  }

  send(frame: object): void {
    this.sendRaw(JSON.stringify(frame));
  }

  /** Sends a command and waits for its answer; an id of its own where it names none. */
  async ask(command: object): Promise<Json> {
    const whole = { clientMessageId: crypto.randomUUID(), ...command } as Json;
    const before = this.frames.length;
    this.send(whole);
    return vi.waitFor(() => {
      const answer = this.frames
        .slice(before)
        .find(({ type, clientMessageId }) => /^(ack|error)$/.test(type) && clientMessageId === whole.clientMessageId);
      if (!answer)
        throw new Error(`no answer to ${JSON.stringify(whole).slice(0, 300)}; closed: ${JSON.stringify(this.closed)}`);
      return answer;
    }, soon);
  }

  /** The same for what must go well: the number of the last event that it led to. */
  async do(command: object): Promise<number> {
    const answer = await this.ask(command);
    expect(answer).toMatchObject({ type: "ack" });
    return answer.seq;
  }

  /** The same for what must be refused: the code. */
  async refused(command: object): Promise<string> {
    const answer = await this.ask(command);
    expect(answer).toMatchObject({ type: "error" });
    return answer.code;
  }

  async hello(lastSeq?: number): Promise<Json> {
    this.send({ type: "hello", ...(lastSeq !== undefined && { lastSeq }) });
    return this.next("welcome");
  }

  next(type: string): Promise<Json> {
    return vi.waitFor(() => {
      const frame = this.frames.find((each) => each.type === type);
      if (!frame) throw new Error(`no ${type} yet; closed: ${JSON.stringify(this.closed)}`);
      return frame;
    }, soon);
  }

  get events(): RoomEvent[] {
    return this.frames.filter(({ type }) => type === "event").map(({ event }) => event);
  }

  seqs(): number[] {
    return this.events.map(({ seq }) => seq);
  }

  /** Waits for an event of a type, behind a number where that is given. */
  event(type: string, after = 0): Promise<Json> {
    return vi.waitFor(() => {
      const event = this.events.find((each) => each.type === type && each.seq > after);
      if (!event)
        throw new Error(
          `no ${type} yet, but ${this.events.map((each) => each.type)}; closed: ${JSON.stringify(this.closed)}`,
        );
      return event;
    }, soon);
  }

  closing(): Promise<{ code: number; reason: string }> {
    return vi.waitFor(() => {
      if (!this.closed) throw new Error("not closed yet");
      return this.closed;
    }, soon);
  }

  close(): void {
    this.#socket.close(1000);
  }
}

const open: RoomSocket[] = [];

/** Opens a room's socket by a ticket. */
export async function connect(matchId: string, key: string): Promise<RoomSocket> {
  const response = await upgrade(matchId, `?ticket=${await ticketFor(matchId, key)}`);
  expect(response.status, response.status === 101 ? "" : await response.clone().text()).toBe(101);
  expect(response.headers.get("sec-websocket-protocol")).toBe("turash.room.v1");
  return keep(new RoomSocket(response.webSocket!));
}

export function keep(socket: RoomSocket): RoomSocket {
  open.push(socket);
  return socket;
}

/** The same, greeted. */
export async function join(matchId: string, key: string, lastSeq?: number): Promise<RoomSocket> {
  const socket = await connect(matchId, key);
  await socket.hello(lastSeq);
  return socket;
}

/** For `afterEach`: closes what a test has left open. */
export function leaveAll(): void {
  for (const socket of open.splice(0))
    try {
      socket.close();
    } catch {
      // It is closed.
    }
}

export function terms(change: Partial<OfferTerms> = {}): Json {
  return {
    quantity: { amount: 1_000, unit: "t/a" },
    price: { amount: "6.00", currency: "EUR", per: "t" },
    from: "2027-01-01",
    ...change,
  };
}

export function proposal(change: Partial<OfferTerms> = {}, validSeconds = 3_600): Json {
  return {
    type: "offer.propose",
    terms: terms(change),
    validUntil: new Date(Date.now() + validSeconds * 1_000).toISOString(),
  };
}

/** Lets one side propose; the offer's hash. */
export async function propose(by: RoomSocket, change: Partial<OfferTerms> = {}, validSeconds = 3_600): Promise<string> {
  const seq = await by.do(proposal(change, validSeconds));
  return (await by.event("offer.proposed", seq - 1)).data.hash;
}
