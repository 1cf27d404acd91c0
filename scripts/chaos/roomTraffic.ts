import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { RoomClient, type RoomEvent, RoomRefusal, type RoomState } from "../../src/client/index.ts";
import type { Random } from "../bench/random.ts";
import type { RoomOnTrial } from "./rooms.ts";

/** A message that its room acknowledged, and under which number. */
export type AcknowledgedMessage = { text: string; seq: number };

export type RoomListener = {
  room: RoomOnTrial;
  client: RoomClient;
  /** Every event that the client was told, as it came. */
  heard: RoomEvent[];
  acknowledged: AcknowledgedMessage[];
};

export type RoomTraffic = {
  listeners: readonly RoomListener[];
  /** Messages acknowledged so far. */
  acknowledged(): number;
  /** Cuts the connections of some clients, without a word to either side; how many. */
  dropSome(share: number): number;
  /** Milliseconds that clients were out of their room, each time that they came back. */
  absences: readonly number[];
  /** No more is said; what was said waits for its answer. */
  quiet(): Promise<void>;
  close(): void;
};

const longestRestMs = 400;
const offerDays = 30;

/** Fills rooms with talk: each member says one thing after the other, and the owners of each room come to one agreement. */
export function startRoomTraffic(url: string, rooms: readonly RoomOnTrial[], random: Random): RoomTraffic {
  const sockets = new Set<WebSocket>();
  class DroppableSocket extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols);
      sockets.add(this);
      this.once("close", () => sockets.delete(this));
    }
  }
  const absences: number[] = [];
  let isQuiet = false;

  function join(room: RoomOnTrial, credential: string): RoomListener {
    const client = new RoomClient({
      url,
      matchId: room.matchId,
      credential,
      from: "start",
      WebSocket: DroppableSocket,
    });
    const listener: RoomListener = { room, client, heard: [], acknowledged: [] };
    client.on("event", (event) => listener.heard.push(event));
    let leftAt: number | null = null;
    client.on("status", (status) => {
      if (status !== "open") leftAt ??= performance.now();
      else if (leftAt !== null) {
        absences.push(performance.now() - leftAt);
        leftAt = null;
      }
    });
    return listener;
  }

  async function talk({ room, client, acknowledged }: RoomListener, name: string): Promise<void> {
    for (let count = 0; !isQuiet; count++) {
      const text = `${room.matchId} ${name} ${count}`;
      const { seq } = await client.send({ type: "chat.send", text });
      acknowledged.push({ text, seq });
      await sleep(random.between(0, longestRestMs));
    }
  }

  const listeners = rooms.flatMap((room) => room.members.map((key) => join(room, key)));
  const work = Promise.all([
    ...listeners.map((listener, index) => talk(listener, `member ${index}`)),
    ...rooms.map((room) => agree(listeners.filter((listener) => listener.room === room))),
  ]);
  // Told by `quiet`; until then no rejection is nobody's.
  work.catch(() => {});
  return {
    listeners,
    absences,
    acknowledged: () => listeners.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
    dropSome(share) {
      const chosen = [...sockets].filter(() => random.chance(share));
      for (const socket of chosen) socket.terminate();
      return chosen.length;
    },
    async quiet() {
      isQuiet = true;
      await work;
    },
    close() {
      for (const { client } of listeners) client.close();
    },
  };
}

/** The seller's owner offers, the buyer's accepts, until the room has its agreement. */
async function agree([seller, , buyer]: readonly RoomListener[]): Promise<void> {
  if (!seller || !buyer) throw new Error("a room has an owner on either side");
  const isAgreed = ({ phase }: RoomState) => phase === "agreed";
  while (!seller.client.state || !isAgreed(seller.client.state)) {
    try {
      await seller.client.send({ type: "offer.propose", ...offerOf() });
      const { openOffers } = await buyer.client.until((state) => isAgreed(state) || state.openOffers.output !== null);
      if (openOffers.output) await buyer.client.send({ type: "offer.accept", hash: openOffers.output });
      await seller.client.until(({ phase }) => phase !== "confirming");
    } catch (error) {
      // As by an acceptance that came first.
      if (!(error instanceof RoomRefusal)) throw error;
      await sleep(longestRestMs);
    }
  }
}

function offerOf() {
  const dateAfter = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  return {
    terms: {
      quantity: { amount: 1_000, unit: "t/a" },
      price: { amount: "12.50", currency: "EUR" as const, per: "t" },
      from: dateAfter(1).slice(0, 10),
    },
    validUntil: dateAfter(offerDays),
  };
}
