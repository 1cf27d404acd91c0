import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { uuidOf } from "../../../src/domain/ids.ts";
import { succeed } from "../support/client.ts";
import { query } from "../support/database.ts";
import {
  connect,
  createRoom,
  evict,
  join,
  leaveAll,
  logOf,
  proposal,
  propose,
  roomOf,
  soon,
  stateOf,
  ticketFor,
} from "../support/rooms.ts";

afterEach(() => {
  vi.useRealTimers();
  leaveAll();
});

/** Sets the clock forward and lets the one alarm ring, as it does then. */
async function ringIn(matchId: string, seconds: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });
  await runDurableObjectAlarm(roomOf(matchId));
}

describe("the one alarm of a room", () => {
  it("ends an offer that is over, also when the room was evicted meanwhile, and takes no acceptance of it", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const hash = await propose(sells, {}, 60);
    await evict(matchId);
    await ringIn(matchId, 61);
    await buys.event("offer.expired");
    expect((await stateOf(matchId, buyer.key)).offers[hash].state).toBe("expired");
    expect(await buys.refused({ type: "offer.accept", hash })).toBe("offer_expired");
  });

  it("expires a match in whose room nobody has done anything for 90 days", async () => {
    const { seller, matchId } = await createRoom();
    await join(matchId, seller.key);
    await evict(matchId, "close");
    await ringIn(matchId, 91 * 86_400);
    const log = await logOf(matchId, seller.key);
    expect(log.at(-1)).toMatchObject({ type: "room.closed", data: { reason: "idle", by: "system" } });
    vi.useRealTimers();
    await vi.waitFor(async () => {
      const { state } = await succeed(200, "GET", `/v1/matches/${matchId}`, { key: seller.key });
      expect(state).toBe("expired");
    }, soon);
    const [event] = await query("SELECT data FROM outbox WHERE type = 'turash.match.expired' ORDER BY id DESC LIMIT 1");
    expect(event.data).toMatchObject({ state: "expired", round: 1 });
  });

  it("deletes what is kept of a room whose match the records have forgotten, once that has lasted", async () => {
    const { seller, matchId } = await createRoom();
    const socket = await join(matchId, seller.key);
    await query("DELETE FROM matches WHERE id = $1", uuidOf(matchId));
    const tables = () =>
      runInDurableObject(
        roomOf(matchId),
        (_, state) => state.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'events'").toArray().length,
      );
    for (const seconds of [91 * 86_400, 20 * 86_400]) {
      await ringIn(matchId, seconds);
      expect(await tables()).toBe(1);
    }
    await evict(matchId);
    await ringIn(matchId, 11 * 86_400);
    expect(await tables()).toBe(0);
    expect(socket.closed).not.toBeNull();
    await evict(matchId);
    expect(await tables()).toBe(0);
  });

  it("lets go whoever never said hello, and whoever gives no sign of life", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const mute = await connect(matchId, seller.key);
    const gone = await join(matchId, buyer.key);
    await ringIn(matchId, 241);
    expect(await mute.closing()).toEqual({ code: 4103, reason: "hello_late" });
    expect(await gone.closing()).toEqual({ code: 4202, reason: "silent" });
  });

  it("is not needed for tickets: those that are over go with the next one", async () => {
    const { seller, matchId } = await createRoom();
    const countTickets = () =>
      runInDurableObject(roomOf(matchId), (_, state) =>
        Number(state.storage.sql.exec("SELECT count(*) AS count FROM tickets").one().count),
      );
    for (let made = 0; made < 2; made++) await ticketFor(matchId, seller.key);
    expect(await countTickets()).toBe(2);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    await ticketFor(matchId, seller.key);
    expect(await countTickets()).toBe(1);
  });

  it("keeps whoever asks for a sign of life, which is given while the room sleeps", async () => {
    const { seller, buyer, matchId } = await createRoom();
    // The runtime notes by its own clock when it gave a sign of life: so both came before the last look was due.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 241_000 });
    const [asks, mute] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    await evict(matchId);
    vi.useRealTimers();
    asks.sendRaw("ping");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await runDurableObjectAlarm(roomOf(matchId));
    expect(await mute.closing()).toEqual({ code: 4202, reason: "silent" });
    expect(await asks.do({ type: "chat.send", text: "still here" })).toBeGreaterThan(0);
  });

  it("sends away whose credential is over", async () => {
    const { seller, matchId } = await createRoom();
    const { key } = await succeed(201, "POST", "/v1/api-keys", {
      key: seller.key,
      body: {
        name: "Short",
        role: "editor",
        scopes: ["rooms:join"],
        expiresAt: new Date(Date.now() + 120_000).toISOString(),
      },
    });
    const socket = await join(matchId, key);
    await socket.do(proposal());
    await ringIn(matchId, 121);
    expect((await socket.closing()).code).toBe(4201);
  });
});
