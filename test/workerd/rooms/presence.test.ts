import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { replayWindow } from "../../../src/rooms/object/sockets.ts";
import { createRoom, evict, join, leaveAll, logOf, type RoomSocket, roomOf, soon } from "../support/rooms.ts";

afterEach(() => {
  vi.useRealTimers();
  leaveAll();
});

/** Waits until a socket was told last that these are there, each with its status. */
const toldOf = (socket: RoomSocket, statuses: Record<string, "active" | "away">) =>
  vi.waitFor(() => {
    const told = socket.frames.findLast(({ type }) => type === "presence")?.members ?? [];
    expect(Object.fromEntries(told.map(({ id, status }: { id: string; status: string }) => [id, status]))).toEqual(
      statuses,
    );
  }, soon);

const idOf = async (socket: RoomSocket): Promise<string> => (await socket.next("welcome")).member.id;

describe("who is there", () => {
  it("is told to all, once for what changes together, also who is away, and who has gone", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const [seller_, buyer_] = [await idOf(sells), await idOf(buys)];
    await toldOf(sells, { [seller_]: "active", [buyer_]: "active" });
    const tellings = sells.frames.filter(({ type }) => type === "presence").length;
    for (const status of ["away", "active", "away"]) buys.send({ type: "presence.set", status });
    await toldOf(sells, { [seller_]: "active", [buyer_]: "away" });
    expect(sells.frames.filter(({ type }) => type === "presence").length).toBe(tellings + 1);
    await evict(matchId);
    const second = await join(matchId, buyer.key);
    await toldOf(sells, { [seller_]: "active", [buyer_]: "active" });
    second.close();
    await toldOf(sells, { [seller_]: "active", [buyer_]: "away" });
    buys.close();
    await toldOf(sells, { [seller_]: "active" });
  });

  it("who is writing reaches the others and not oneself, now and then, and none of it is kept", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const before = await logOf(matchId, seller.key);
    for (let count = 0; count < 5; count++) buys.send({ type: "typing", isTyping: true });
    buys.send({ type: "typing", isTyping: false });
    const typed = () => sells.frames.filter(({ type }) => type === "typing");
    await vi.waitFor(() => expect(typed()).toHaveLength(2), soon);
    const id = await idOf(buys);
    expect(typed()).toEqual([
      { type: "typing", id, isTyping: true },
      { type: "typing", id, isTyping: false },
    ]);
    expect(buys.frames.some(({ type }) => type === "typing")).toBe(false);
    expect(await logOf(matchId, seller.key)).toEqual(before);
  });
});

describe("a client that is told what it has missed", () => {
  it("is closed when it acknowledges nothing of it for long, also over sleep", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const sells = await join(matchId, seller.key);
    const head = await sells.do({ type: "chat.send", text: "x" });
    await runInDurableObject(roomOf(matchId), (_, state) => {
      state.storage.sql.exec(
        `WITH RECURSIVE n (seq) AS (SELECT ?1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?2)
          INSERT INTO events (seq, body) SELECT seq, json_object('type', 'chat.sent', 'at', '2026-11-27T12:00:00.000Z', 'by', 'nobody',
            'data', json('{"text":"x"}'), 'seq', seq, 'previousHash', ?3, 'hash', ?3) FROM n`,
        head + 1,
        head + 2 * replayWindow,
        "0".repeat(64),
      );
    });
    await evict(matchId, "close");
    const stuck = await join(matchId, buyer.key, 0);
    await stuck.event("chat.sent", replayWindow - 1);
    await evict(matchId);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 20_000 });
    stuck.sendRaw("ping");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 20_000 });
    await runDurableObjectAlarm(roomOf(matchId));
    // The first look after sleep begins to count.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    await runDurableObjectAlarm(roomOf(matchId));
    expect(await stuck.closing()).toEqual({ code: 4100, reason: "slow_reader" });
    expect(stuck.seqs()).toHaveLength(replayWindow);
  });
});
